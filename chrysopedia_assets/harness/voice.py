"""How much of a page is the creator's own words, and how near that comes to what the voice dial asks for."""

import re
from itertools import chain

from chrysopedia_assets.harness.scores import Score
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.technique_pages import (
    CITATION,
    TechniquePage,
    TechniquePages,
    texts_of,
)
from resources.clients.voice import Voices

RUN = 4
"""Fewer words in a row are anybody's."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def voice_share(pages: TechniquePages, groups: SynthesisGroups) -> float:
    """Share of the pages' words, titles apart, in runs of at least four taken verbatim from what is said in a moment."""
    said = [_words(one.moment.transcript) for group in groups.groups for one in group.moments]
    runs = set(chain.from_iterable(_runs(words) for words in said))
    own = total = 0
    for text in chain.from_iterable(map(_texts, pages.pages)):
        words = _words(text)
        taken = [at for at, run in enumerate(_runs(words)) if run in runs]
        own += len({at + n for at in taken for n in range(RUN)})
        total += len(words)
    return own / total if total else 0.0


def voice_score(
    pages: TechniquePages, groups: SynthesisGroups, voices: Voices, value: float
) -> Score:
    """1 where the share is what the dial asks for; `why` says in which direction it misses."""
    share, target = voice_share(pages, groups), voices.target(value)
    direction = "quote less and paraphrase more" if share > target else "quote more, word for word"
    why = f"{share:.0%} of the words stand as they were said; the voice dial at {value:g} asks for {target:.0%}: {direction}"
    return Score(
        "voice", 1 - abs(share - target), why=() if round(share - target, 2) == 0 else (why,)
    )


def _texts(page: TechniquePage) -> list[str]:
    return [page.summary, *texts_of(page.sections)]


def _words(text: str) -> list[str]:
    """Folded, without citations and what Markdown puts before a sign."""
    plain = CITATION.sub(" ", text).replace("\\", "").replace("\u2019", "'")
    return [match[0].casefold() for match in _WORD.finditer(plain)]


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(words[n:] for n in range(RUN)), strict=False))
