"""Words of the trade written as the trade writes them, whatever the recogniser made of them: "side chain" is "sidechain".

What belongs here: the taxonomy's spellings in text. What does not: words of a quotation, which stay as they were heard;
products (vocabulary).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chrysopedia_assets.models.taxonomy import Spelling


@dataclass(frozen=True)
class _Rule:
    heard: re.Pattern[str]
    write: str
    beside: re.Pattern[str] | None

    def mended(self, text: str, around: str) -> str:
        if self.beside and not self.beside.search(around):
            return text
        return self.heard.sub(self._written, text)

    def _written(self, found: re.Match[str]) -> str:
        """With a capital where it had one and is not written without: "Side Chain" becomes "Sidechain"."""
        begins_large = found[0][0].isupper()
        return self.write[0].upper() + self.write[1:] if begins_large else self.write


class Spellings:
    def __init__(self, spellings: Iterable[Spelling]) -> None:
        self._rules = [_rule(spelling) for spelling in spellings]

    def mended(self, text: str, around: str) -> str:
        """The text with its words mended; `around` is the passage that it is of."""
        for rule in self._rules:
            text = rule.mended(text, around)
        return text


def _rule(spelling: Spelling) -> _Rule:
    follows = rf"(?=\s+{_any_of(spelling.before)})" if spelling.before else ""
    heard = re.compile(_any_of(spelling.heard) + follows, re.IGNORECASE)
    beside = re.compile(_any_of(spelling.beside), re.IGNORECASE) if spelling.beside else None
    return _Rule(heard, spelling.write, beside)


def _any_of(phrases: Iterable[str]) -> str:
    """Whole words only, the longest first, with any space between them."""
    spelled = (r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases)
    return rf"(?<![\w-])(?:{'|'.join(sorted(spelled, key=len, reverse=True))})(?![\w-])"
