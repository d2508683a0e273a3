"""Noun-like phrases in the speaker's words: which ones a text is about.

What belongs here: finding and weighing phrases. What does not: making titles of clauses, segmentation.
"""

import re
from collections import Counter
from collections.abc import Iterator

from chrysopedia_assets.engines.lexicon import LEADING, QUALIFIERS, STOP_WORDS, VERBS
from chrysopedia_assets.engines.text import plain, stem, tokens
from chrysopedia_assets.engines.vocabulary import Vocabulary

_BREAK = re.compile(r"[.,;:!?…()\[\]{}<>\"“”/\\|]+\s*|\s+[-\u2013\u2014]\s+")
# A capital that only a sentence's beginning explains; "LFO" and "Pro-Q" keep theirs.
_SENTENCE_START = re.compile(r"(?:^|(?<=[.!?]\s))[A-Z](?=[a-z'\u2019]*\b(?!-))")
MAX_PHRASE_WORDS = 3
MAX_PHRASE_CHARS = 40
KNOWN_WEIGHT = 3.0


def phrases(text: str) -> Iterator[str]:
    """Runs of up to three noun-like words, lower case unless it is a name; longer ones first at each place."""
    for clause in _BREAK.split(_SENTENCE_START.sub(lambda m: m[0].lower(), text)):
        run: list[str] = []
        for word in [*tokens(clause), ""]:
            if word and _may_stand(word):
                run.append(word)
                if plain(word) == word.casefold().replace("\u2019", "'"):
                    continue
            yield from _parts(run)
            run = []


def _may_stand(word: str) -> bool:
    bare = plain(word)
    return (
        len(bare) > 1
        and bare not in STOP_WORDS
        and bare not in VERBS
        and (bare not in QUALIFIERS or bare in LEADING)
        and not bare[0].isdigit()
        and not bare.endswith("ly")
        and not word.casefold().endswith(("n't", "n\u2019t"))
    )


def _parts(run: list[str]) -> Iterator[str]:
    for start in range(len(run)):
        for end in range(min(len(run), start + MAX_PHRASE_WORDS), start, -1):
            words = run[start:end]
            bare = plain(words[-1])
            lone = len(words) == 1 and (bare.endswith("ing") or bare == "end")  # not "low end"
            if bare not in QUALIFIERS and not lone and not _is_participle(bare):
                phrase = " ".join([*words[:-1], re.sub(r"['\u2019]\w+$", "", words[-1])])
                if len(phrase) <= MAX_PHRASE_CHARS:
                    yield phrase


def _is_participle(word: str) -> bool:
    return len(word) > 4 and word.endswith("ed") and not word.endswith("eed")


def phrase_key(phrase: str) -> str:
    """Equal for "return channels" and "Return channel"."""
    return " ".join(stem(plain(word)) for word in tokens(phrase))


def key_phrases(text: str, elsewhere: dict[str, float], vocabulary: Vocabulary) -> list[str]:
    """The phrases that tell this text from the rest, best first; `elsewhere` gives a phrase's weight by its key.

    A word of the taxonomy weighs three times as much, a phrase of several words twice.
    """
    spelled: dict[str, Counter[str]] = {}
    for phrase in phrases(text):
        spelled.setdefault(phrase_key(phrase), Counter())[phrase] += 1
    weight = {}
    for key, forms in spelled.items():
        count = forms.total()
        several = " " in key
        known = vocabulary.names(key_form(forms)) or bool(vocabulary.plugins(key_form(forms)))
        weight[key] = (
            count
            * elsewhere.get(key, 1.0)
            * (KNOWN_WEIGHT if known else 1.0)
            * (2.0 if several else 1.0)
        )
    in_order = sorted(weight, key=lambda key: (-weight[key], key))
    return [key_form(spelled[key]) for key in in_order]


def key_form(forms: Counter[str]) -> str:
    """The commonest spelling, the one without capitals on a tie."""
    return min(forms, key=lambda form: (-forms[form], form.swapcase()))


def distinct(found: list[str], most: int) -> list[str]:
    """The first `most` phrases that share no word with one another."""
    kept: list[str] = []
    used: set[str] = set()
    for phrase in found:
        words = set(phrase_key(phrase).split())
        if not words & used:
            kept.append(phrase)
            used |= words
        if len(kept) == most:
            break
    return kept
