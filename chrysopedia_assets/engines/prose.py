"""The text of pages: the creator's own sentences, attributed where they speak for themselves, each passage cited.

What belongs here: turning one moment into Markdown, and what may be said of it first. What does not: which moments
make a page, and in what order; what was said word for word (passages). Outside quotation marks stand cleaned sentences with
their spellings mended; inside stands what was said. All speech passes `as_markdown`; only citations are added after it.
"""

from collections.abc import Sequence
from itertools import groupby

from chrysopedia_assets.engines.cleaning import says_something
from chrysopedia_assets.engines.cues import HEARSAY, OPINION, cues
from chrysopedia_assets.engines.passages import Passage, Sentence, without_marks
from chrysopedia_assets.engines.text import VALUE, tokens
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.models.technique_pages import as_markdown

# Taken in turn, so that one page does not say the same thing five times.
ATTRIBUTIONS = (
    'As {name} puts it: "{words}"',
    '{name} explains: "{words}"',
    'In the words of {name}: "{words}"',
    '{name}: "{words}"',
    '{name} says: "{words}"',
)
MIN_WORDS = 3
"""A sentence of fewer words ("One!") is left out unless it names a value."""
DULL = -0.5
"""One that teaches less than nothing ("Let me show you this") is left out where the moment has others."""


def told(passage: Passage, vocabulary: Vocabulary) -> list[Sentence]:
    """The moment's sentences that read well by themselves, each once."""
    found = [s for s in passage.sentences if _worth_printing(s.clean)]
    return [s for s in found if cues(s.clean, vocabulary).score > DULL] or found


def _worth_printing(sentence: str) -> bool:
    long_enough = len(tokens(sentence)) >= MIN_WORDS or VALUE.search(sentence) is not None
    return long_enough and says_something(sentence)


def paragraph(
    passage: Passage, said: Sequence[Sentence], creator: str, turn: int, vocabulary: Vocabulary
) -> str:
    """One moment as a paragraph without its citation; `turn` picks the way of attributing."""
    parts = []
    quoted = 0
    for personal, group in groupby(said, key=lambda s: OPINION.search(s.clean) is not None):
        run = list(group)
        if personal:
            words = as_markdown(passage.quote(run))
            parts.append(_attributed(words, creator, turn) if not quoted else f'"{words}"')
            quoted += 1
        else:
            plain = " ".join(vocabulary.mended(s.clean, passage.said) for s in run)
            parts.append(as_markdown(without_marks(plain)))
    return " ".join(parts)


def _attributed(words: str, creator: str, turn: int) -> str:
    form = ATTRIBUTIONS[turn % len(ATTRIBUTIONS)]
    return form.replace("{name}", as_markdown(creator)).replace("{words}", words)


def telling(said: Sequence[Sentence], vocabulary: Vocabulary) -> tuple[float, Sentence]:
    """The sentence that says most by itself, with its worth: concrete, and neither a fragment nor a speech."""
    ranked = [(_telling(s.clean, vocabulary), s) for s in said]
    return max(ranked, key=lambda pair: pair[0])


def _telling(sentence: str, vocabulary: Vocabulary) -> float:
    length = len(tokens(sentence))
    found = cues(sentence, vocabulary)
    hearsay = 3.0 * bool(HEARSAY.search(sentence))
    return found.score - hearsay - 0.15 * max(0, 6 - length) - 0.08 * max(0, length - 30)
