"""The taxonomy as an engine reads it: which plugins, tags and categories a text names.

What belongs here: finding the taxonomy's words in speech. What does not: deciding with them.
"""

import re
from collections import defaultdict
from dataclasses import dataclass

from chrysopedia_assets.engines.lexicon import words_of
from chrysopedia_assets.engines.spelling import Spellings
from chrysopedia_assets.engines.text import VALUE, plain, stem
from chrysopedia_assets.models.taxonomy import Taxonomy

# Names that are also everyday words count only with a capital that no sentence's beginning explains.
_EVERYDAY = words_of(
    """
    alchemy analog avenger battery blackhole collision corpus diva drift duck echo edison erosion
    flex glitch halftime impulse infiltrator kaleidoscopes kickstart levels limitless logic massive
    meld movement nectar neutron nexus operator ozone patcher pedal pigments portal radiator reaper
    reason redux roar sakura sampler saturn shifter simpler soothe span spectrum spire splice stage
    tension thermal tuner utility vital vocoder wavetable wider
    """
)

# A word of a taxonomy entry or of speech; the parts of "de-esser" count one by one.
_PART = re.compile(r"[^\W_]+(?:['\u2019.&][^\W_]+)*")
_BORDER = re.compile(r"[.!?;:,]\s")
_POSSESSIVE = re.compile(r"['\u2019]s$")
_SENTENCE_START = re.compile(r"(?:^|[.!?]\s+)$")


@dataclass(frozen=True)
class Mention:
    """One word or phrase of the taxonomy found in a text: as spoken, and the (category, tag) keys it stands for."""

    spoken: str
    meanings: tuple[tuple[str, str], ...]
    is_sign: bool = False
    """It speaks for its categories without naming them."""


class _Phrases:
    """Words and phrases with what they stand for, by their stems: "voicings" is "voicing", but "voice" is not."""

    def __init__(self, *, are_signs: bool = False) -> None:
        self._are_signs = are_signs
        self._meanings: dict[tuple[str, ...], dict[tuple[str, str], int]] = defaultdict(dict)
        """Each with the length of the shortest phrase that stands for it."""
        self._longest = 0

    def learn(self, phrase: str, category: str, tag: str) -> None:
        if key := _stemmed(phrase):
            known = self._meanings[key].get((category, tag), len(phrase))
            self._meanings[key][category, tag] = min(known, len(phrase))
            self._longest = max(self._longest, len(key))

    def has(self, phrase: str) -> bool:
        return bool(self._meant(_stemmed(phrase), phrase))

    def found_in(self, text: str) -> list[Mention]:
        words = list(_PART.finditer(text))
        keys = [stem(plain(word[0])) for word in words]
        found, at = [], 0
        while at < len(keys):
            size = self._known_at(keys, at)
            start, end = words[at].start(), words[at + max(size, 1) - 1].end()
            spoken = _POSSESSIVE.sub("", " ".join(text[start:end].split()))
            meanings = self._meant(tuple(keys[at : at + size]), spoken)
            if meanings and not _BORDER.search(text, start, end):
                found.append(Mention(spoken, meanings, self._are_signs))
            at += size or 1
        return found

    def _known_at(self, keys: list[str], at: int) -> int:
        """How many words from `at` on make the longest known phrase; 0 for none."""
        sizes = range(min(self._longest, len(keys) - at), 0, -1)
        return next((n for n in sizes if tuple(keys[at : at + n]) in self._meanings), 0)

    def _meant(self, key: tuple[str, ...], spoken: str) -> tuple[tuple[str, str], ...]:
        """What a phrase stands for: a plural may lack its s, and nothing more may be missing."""
        known = self._meanings.get(key, {})
        return tuple(m for m, length in known.items() if len(spoken) >= length - 1)


class Vocabulary:
    """`tag` is empty where a word stands for a whole category."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._terms, self._signs = _Phrases(), _Phrases(are_signs=True)
        for category in taxonomy.categories:
            for word in (category.name, *category.aliases):
                self._terms.learn(word, category.key, "")
            for tag in category.tags:
                for word in (tag.name, *tag.aliases):
                    self._terms.learn(word, category.key, tag.key)
            for word in category.signs:
                self._signs.learn(word, category.key, "")
        self._tag_names = {
            (c.key, tag.key): tag.name for c in taxonomy.categories for tag in c.tags
        }
        self._plugins = {_joined(name): name for name in taxonomy.plugins}
        self._plugin = _any_of(taxonomy.plugins)
        self._spellings = Spellings(taxonomy.spellings)

    def mentions(self, text: str) -> list[Mention]:
        """The names and aliases of categories and tags, in the order they are said, the longest match first."""
        return self._terms.found_in(text)

    def signs(self, text: str) -> list[Mention]:
        """What speaks for a category without naming it, likewise."""
        return self._signs.found_in(text)

    def tag_name(self, category: str, tag: str) -> str:
        """How the taxonomy writes a tag; the key itself when it knows none."""
        return self._tag_names.get((category, tag), tag)

    def names(self, phrase: str) -> bool:
        """Whether the whole phrase is a word of the taxonomy."""
        return self._terms.has(phrase)

    def plugins(self, text: str) -> tuple[str, ...]:
        """Product names said in the text, as the taxonomy spells them, in order of first mention."""
        if self._plugin is None:
            return ()
        said = (m[0] for m in self._plugin.finditer(text) if _is_name(text, m))
        return tuple(dict.fromkeys(self._plugins[_joined(name)] for name in said))

    def mended(self, text: str, around: str) -> str:
        """Text outside of quotations, its words and products spelled as the taxonomy does; `around` is its passage."""
        mended = self._spellings.mended(text, around)
        return self._plugin.sub(self._as_product, mended) if self._plugin else mended

    def _as_product(self, match: re.Match[str]) -> str:
        return self._plugins[_joined(match[0])] if _is_name(match.string, match) else match[0]


def _is_name(text: str, match: re.Match[str]) -> bool:
    if match[0][-1].isdigit() and VALUE.match(text, text.rfind(" ", 0, match.end()) + 1):
        return False  # "the kick 2 dB down"
    if match[0].casefold() not in _EVERYDAY:
        return True
    return match[0][0].isupper() and not _SENTENCE_START.search(
        text[max(0, match.start() - 3) : match.start()]
    )


def _stemmed(phrase: str) -> tuple[str, ...]:
    return tuple(stem(plain(part)) for part in _PART.findall(phrase))


def _joined(name: str) -> str:
    return re.sub(r"[\s\-:_]+", "", name).casefold()


def _any_of(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """One pattern for all names, the longest first; a space, a hyphen or nothing may stand between their parts."""
    parts = {name: re.findall(r"[A-Z]?[^\W_A-Z]+|[A-Z]+(?![a-z])|\d+", name) for name in names}
    spelled = sorted(
        (r"[\s\-:_]?".join(map(re.escape, p)) for p in parts.values() if p),
        key=lambda s: (-len(s), s),
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(spelled)})(?!\w)", re.IGNORECASE) if spelled else None
