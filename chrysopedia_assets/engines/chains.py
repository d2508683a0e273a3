"""Signal chains: devices that a creator names in an order ("EQ first, then the compressor, into the limiter").

What belongs here: finding the order in speech. What does not: anything that is not said.
"""

import re

from chrysopedia_assets.engines.titles import MAX_TITLE_CHARS, title_case
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.models.technique_pages import SignalChain

_STEP = re.compile(
    r"\b(?:and then|then|after that|followed by|goes into|going into|straight into|into|before)\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"\b(?:first|then|after that|followed by|goes into|going into|straight into)\b", re.IGNORECASE
)
_DEVICE = re.compile(
    r"\b(?:[\w-]+(?:[eo]r|izer|iser)|eq|de-ess|ott|reverb|delay|distortion|saturation|compression|clip gain|chorus|phaser|utility|shelf)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:so|and|it's|the|a|an|my|some|i have|i've got|you have|first)\s+)+", re.IGNORECASE
)
MIN_STEPS = 3
MAX_STEP_WORDS = 3


def chain_in(said: list[str], vocabulary: Vocabulary) -> SignalChain | None:
    """The longest order of devices told in one sentence, or none."""
    found = [
        steps
        for sentence in said
        if _ORDER.search(sentence)
        for steps in [_steps(sentence, vocabulary)]
    ]
    best = max(found, key=len, default=())
    if len(best) < MIN_STEPS:
        return None
    return SignalChain(title=f"{best[0]} to {best[-1]}"[:MAX_TITLE_CHARS], steps=best)


def _steps(sentence: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    parts = [part for clause in _STEP.split(sentence) for part in re.split(r",|\band\b", clause)]
    named = [_device(part, vocabulary) for part in parts]
    return tuple(dict.fromkeys(name for name in named if name))


def _device(part: str, vocabulary: Vocabulary) -> str:
    """The plugin, or else the device, that one part names; empty when it names none."""
    if plugins := vocabulary.plugins(part):
        return plugins[0]
    device = _DEVICE.search(part)
    if not device or not vocabulary.mentions(part):
        return ""
    words = [w for w in _LEAD.sub("", part.strip(" .,;:!?")).split() if w.casefold() != "first"]
    return title_case(" ".join(words) if len(words) <= MAX_STEP_WORDS else device[0])
