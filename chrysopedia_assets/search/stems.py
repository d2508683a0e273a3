"""Porter's stemmer: "mixing", "mixes" and "mixed" are one word to a search.

As published (Porter 1980, "An algorithm for suffix stripping") with the two departures of his own implementations, which
SQLite's has too. Ours, because both databases have to cut words the same way, and so has whoever marks what matched.
"""

import re
from collections.abc import Mapping

_CONSONANT, _VOWEL = "[^aeiou]", "[aeiouy]"
_CONSONANTS, _VOWELS = f"{_CONSONANT}[^aeiouy]*", f"{_VOWEL}[aeiou]*"
_ONE = re.compile(f"^(?:{_CONSONANTS})?{_VOWELS}{_CONSONANTS}")
"""Vowels and then consonants, once or more: the measure m > 0 of the paper."""
_JUST_ONE = re.compile(f"^(?:{_CONSONANTS})?{_VOWELS}{_CONSONANTS}(?:{_VOWELS})?$")
_TWO = re.compile(f"^(?:{_CONSONANTS})?{_VOWELS}{_CONSONANTS}{_VOWELS}{_CONSONANTS}")
_HAS_VOWEL = re.compile(f"^(?:{_CONSONANTS})?{_VOWEL}")
_SHORT = re.compile(f"^{_CONSONANTS}{_VOWEL}[^aeiouwxy]$")
_DOUBLED = re.compile(r"([^aeiouylsz])\1$")

_STEP_2 = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "bli": "ble", "alli": "al",
    "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize", "ation": "ate", "ator": "ate", "alism": "al",
    "iveness": "ive", "fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble", "logi": "log",
}  # fmt: skip
_STEP_3 = {
    "icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": "",
}  # fmt: skip
_STEP_4 = (
    *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou"),
    *("ism", "ate", "iti", "ous", "ive", "ize"),
)


def _ending(endings: Mapping[str, str] | tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(sorted(endings, key=len, reverse=True))})$")


_ENDS_2, _ENDS_3, _ENDS_4 = _ending(_STEP_2), _ending(_STEP_3), _ending(_STEP_4)


def stem(word: str) -> str:
    """Of a lower-case word; what is not made of the letters a to z, or of fewer than three, stays as it is."""
    if len(word) < 3 or not (word.isascii() and word.isalpha()):
        return word
    marked = f"Y{word[1:]}" if word[0] == "y" else word  # at the beginning it is a consonant
    return _step_5(_step_4(_steps_2_and_3(_step_1(marked)))).lower()


def _step_1(word: str) -> str:
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if word.endswith("eed"):
        word = word[:-1] if _ONE.search(word[:-3]) else word
    elif word.endswith(("ed", "ing")):
        word = _without_ed_or_ing(word)
    if word.endswith("y") and _HAS_VOWEL.search(word[:-1]):
        word = f"{word[:-1]}i"
    return word


def _without_ed_or_ing(word: str) -> str:
    rest = word[:-2] if word.endswith("ed") else word[:-3]
    if not _HAS_VOWEL.search(rest):
        return word
    if rest.endswith(("at", "bl", "iz")) or _SHORT.search(rest):
        return f"{rest}e"
    return rest[:-1] if _DOUBLED.search(rest) else rest


def _steps_2_and_3(word: str) -> str:
    for ends, instead in ((_ENDS_2, _STEP_2), (_ENDS_3, _STEP_3)):
        found = ends.search(word)
        if found and _ONE.search(word[: found.start()]):
            word = word[: found.start()] + instead[found[0]]
    return word


def _step_4(word: str) -> str:
    if found := _ENDS_4.search(word):
        rest = word[: found.start()]
    elif word.endswith(("sion", "tion")):
        rest = word[:-3]
    else:
        return word
    return rest if _TWO.search(rest) else word


def _step_5(word: str) -> str:
    if word.endswith("e"):
        rest = word[:-1]
        if _TWO.search(rest) or (_JUST_ONE.search(rest) and not _SHORT.search(rest)):
            word = rest
    return word[:-1] if word.endswith("ll") and _TWO.search(word) else word
