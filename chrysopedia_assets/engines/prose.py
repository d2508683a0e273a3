"""The text of pages: the creator's own sentences, attributed where they speak for themselves, each passage cited.

What belongs here: turning one moment into Markdown, and what may be said of it first. What does not: which moments
make a page, and in what order. All speech passes `as_markdown`; only citations are added after it.
"""

from itertools import groupby

from chrysopedia_assets.engines.cleaning import cleaned, says_something
from chrysopedia_assets.engines.cues import HEARSAY, OPINION, cues
from chrysopedia_assets.engines.text import VALUE, sentences, tokens
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.technique_pages import as_markdown

# Taken in turn, so that one page does not say the same thing five times.
_ATTRIBUTIONS = (
    'As {name} puts it: "{words}"',
    '{name} explains: "{words}"',
    'In the words of {name}: "{words}"',
    '{name}: "{words}"',
    '{name} says: "{words}"',
)
MIN_WORDS = 3
"""A sentence of fewer words ("One!") is left out unless it names a value."""


def told(moment: KeyMoment) -> list[str]:
    """The moment's sentences that read well by themselves, cleaned; each once."""
    text = moment.summary
    found = [cleaned(text[a:b]) for a, b in sentences(text)]
    return list(dict.fromkeys(s for s in found if _worth_printing(s)))


def _worth_printing(sentence: str) -> bool:
    long_enough = len(tokens(sentence)) >= MIN_WORDS or VALUE.search(sentence) is not None
    return long_enough and says_something(sentence)


def paragraph(said: list[str], number: int, creator: str, turn: int) -> str:
    """One moment as a paragraph ending in its citation; `turn` picks the way of attributing."""
    parts = []
    quoted = 0
    for personal, run in groupby(said, key=lambda s: OPINION.search(s) is not None):
        words = as_markdown(" ".join(run).replace('"', "'"))
        if personal:
            parts.append(_attributed(words, creator, turn) if not quoted else f'"{words}"')
            quoted += 1
        else:
            parts.append(words)
    return f"{' '.join(parts)} [{number}]"


def _attributed(words: str, creator: str, turn: int) -> str:
    form = _ATTRIBUTIONS[turn % len(_ATTRIBUTIONS)]
    return form.replace("{name}", as_markdown(creator)).replace("{words}", words)


def telling(said: list[str], vocabulary: Vocabulary) -> tuple[float, str]:
    """The sentence that says most by itself, with its worth: concrete, and neither a fragment nor a speech."""
    ranked = [(_telling(s, vocabulary), s) for s in said]
    return max(ranked, key=lambda pair: pair[0])


def _telling(sentence: str, vocabulary: Vocabulary) -> float:
    length = len(tokens(sentence))
    found = cues(sentence, vocabulary)
    hearsay = 3.0 * bool(HEARSAY.search(sentence))
    return found.score - hearsay - 0.15 * max(0, 6 - length) - 0.08 * max(0, length - 30)
