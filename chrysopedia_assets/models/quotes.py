"""Whether somebody's words are in what was said: the one rule for quotes, for stages and for whoever looks at their results."""

import re
from functools import lru_cache

UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese; for a class in a pattern."""
_LETTER = rf"[^\W{UNSPACED}]"
_WORD = re.compile(rf"(?<!{_LETTER})[-+\u2212]?\d+(?:[.,]\d+)*{_LETTER}*|[{UNSPACED}]|{_LETTER}+")
"""What a quote has to have whole: 3 dB is neither -3 dB nor 1.3 dB."""


@lru_cache(maxsize=1024)
def verbatim(quote: str, said: str) -> str:
    """The part of `said` that has the quote's words in their order, as it was said; empty where there is none.

    A model changes casing and punctuation when it quotes; the words have to be the speaker's. Remembered, because a
    quote is looked at three times: when the reply comes, when the stage takes it, and when it becomes a moment's.
    """
    wanted = " ".join(quote.split())
    words = [word for word, _, _ in words_at(wanted)]
    heard = words_at(said)
    folded = [word for word, _, _ in heard]
    for start in range(len(folded) - len(words) + 1):
        if words and folded[start : start + len(words)] == words:
            _, first, _ = heard[start]
            _, _, last = heard[start + len(words) - 1]
            return wanted if wanted in said else said[first:last]
    return ""


def is_verbatim(quote: str, said: str) -> bool:
    """Whether there is such a part; for many quotes of the same speech, which is read once."""
    return _folded(quote).strip() != "" and _folded(quote) in _folded(said)


@lru_cache(maxsize=64)
def _folded(text: str) -> str:
    """The words alone, each between two spaces, which no word has in it."""
    return f" {' '.join(_WORD.findall(text)).casefold()} "


def words_at(text: str) -> list[tuple[str, int, int]]:
    """Each word, folded, with where it begins and ends."""
    return [(match[0].casefold(), *match.span()) for match in _WORD.finditer(text)]
