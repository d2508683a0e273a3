"""Titles by rule, in the speaker's own words: "Pro-Q 3: High Pass at 80 Hz", "Never Boost at 50".

What belongs here: ranking candidate titles, cutting them to length, capitals. What does not: the grammar of clauses,
choosing the sentences.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chrysopedia_assets.engines.clauses import DOING_WORTH, clauses, doings, readings
from chrysopedia_assets.engines.lexicon import (
    ACTIONS,
    BAD_ENDINGS,
    CUT_BEFORE,
    QUALIFIERS,
    SMALL_WORDS,
    STOP_WORDS,
    VERBS,
)
from chrysopedia_assets.engines.text import VALUE, plain, stems, tokens
from chrysopedia_assets.engines.vocabulary import Vocabulary

MAX_TITLE_CHARS = 80
MAX_CLAUSE_CHARS = 60
SHORT_WORDS = 6
"""A setting in so few words needs its subject said: "Decay 1.4 Seconds" of what?"""
MIN_TITLE_WORDS, MAX_TITLE_WORDS = 2, 9
MIN_HEADING_WORDS = 3
MIN_HEADING = 0.7
"""A heading names something of the trade and says a word or two of it."""

_WORD = re.compile(
    r"[^\s,;:.!?…\"“”()\[\]{}<>*_`#|~\\/]+(?:[.:/][^\s,;:.!?…\"“”()\[\]{}<>*_`#|~\\/]+)*"
)
_SOON = re.compile(
    r"\s+(?:in a (?:second|sec|minute|moment|bit)|for some reason|or something|and stuff|to begin with|if you want)$",
    re.IGNORECASE,
)
_UNCLEAR = re.compile(
    r"\b(?:it|its|that|this|them|they|these|those|him|her|he|she|me|my|us|one|ones|here|there|something|everything"
    r"|anything|nothing|stuff|things?|what|i|i'm|i've|we|we're|you're|you've|you'll|gonna|wanna|kinda|guys)\b",
    re.IGNORECASE,
)
_UNCLEAR_HEADING = re.compile(
    r"\b(?:it|its|this|them|they|these|those|him|her|he|she|me|us|ones|here|there|something|everything|anything"
    r"|nothing|stuff|things?|what|i|i'm|i've|i'd|we|we're|you|gonna|wanna|kinda|guys|that's|it's|people|everybody"
    r"|everyone|somebody|lots?|part|the two|to at least)\b",
    re.IGNORECASE,
)
_LEADS = re.compile(
    r"^(?:(?:and|so|but|now|then|also|because|the reason is|from there|after that|remember|i (?:know|think))\s+)+",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"^(?:(?:i|you|we|they)(?:['\u2019](?:ve|re))?(?: also| always| just| still| really| only)*"
    r" (?:got|have|want|need|get|use|like)|there(?:['\u2019]s| is| are)|here(?:['\u2019]s| is)|it['\u2019]s|that['\u2019]s)"
    r" (?:(?:got|also) )?(?:an?|the|my|your|another|one|some)\s+",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"^(?!(?:i|you|we|they|it|if|which|how|what|that|this|who|when|of|in|at|on|for|\w+ing|any|each|every)\b)"
    r"(?:(?:the|a|an|my|your) )?[\w-]+(?: [\w-]+){0,2}?"
    r" (?:is|are|has|have|gives?|takes?|makes?|goes|comes?|sits?|sticks?|gets?|turns?|cuts?|brings?)\s",
    re.IGNORECASE,
)
_SETS = re.compile(r"^(?:(?:at|about|around|plus|minus|up|down|set to) )*[-+]?\d")

# "These peaks" and "my reverbs" were clear to whoever watched; to a reader they are the peaks and the reverbs.
_POINTED_AT = re.compile(
    r"\b(?:these|those|my|our|your|(?<!like )this)\s+(?=(?:(?:first|second|third|whole|next|last)\s+)?([^\W\d_]+))",
    re.IGNORECASE,
)

# How units and abbreviations are written, whatever the recogniser made of them.
_SPELLINGS = {
    "hz": "Hz", "hertz": "Hz", "khz": "kHz", "kilohertz": "kHz", "db": "dB", "decibels": "dB", "dbfs": "dBFS", "lufs": "LUFS",
    "ms": "ms", "milliseconds": "ms", "millisecond": "ms", "bpm": "BPM", "eq": "EQ", "lfo": "LFO", "lfos": "LFOs", "fm": "FM",
    "midi": "MIDI", "daw": "DAW", "adsr": "ADSR", "vst": "VST", "api": "API", "percent": "%",
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    text: str
    score: float
    sentence: str


def best_title(said: Sequence[str], fallback: Sequence[str], vocabulary: Vocabulary) -> str:
    """The best clause, after its subject where it does not name one; which may be one of `fallback`; empty when no clause will do."""
    found = [
        c for place, sentence in enumerate(said) for c in candidates(sentence, vocabulary, place)
    ]
    if not found:
        return ""
    best = min(found, key=lambda c: (-c.score, c.text))
    names = bool(vocabulary.plugins(best.text) or vocabulary.mentions(best.text))
    if names and not (VALUE.search(best.text) and len(best.text.split()) <= SHORT_WORDS):
        return best.text
    return _with_subject(best, said, fallback, vocabulary)


def heading(said: Sequence[str], vocabulary: Vocabulary) -> str:
    """Over a passage without a clause that can stand alone: the thing that the creator has, wants or tells of; else empty.

    "I've got a high shelf, plus 2 dB at 10k" is under "High Shelf: Plus 2 dB at 10k", "Linear phase gives you pre-ringing" under itself.
    """
    found = [
        Candidate(title_case(text), _worth(text, vocabulary) - 0.05 * place, sentence)
        for place, sentence in enumerate(said)
        for text in _spoken_of(sentence)
        if any((vocabulary.mentions(text), vocabulary.plugins(text), vocabulary.signs(text)))
    ]
    best = min(found, key=lambda c: (-c.score, c.text), default=None)
    return best.text if best and best.score >= MIN_HEADING else ""


def _spoken_of(sentence: str) -> Iterator[str]:
    parts = [*clauses(sentence), ""]
    for clause, following in pairwise(parts):
        bare = _LEADS.sub("", clause)
        thing = _NAMES.sub("", bare)
        if thing == bare and not _TELLS.match(bare):
            continue
        text = _headed(thing)
        if thing != bare and _SETS.match(following):
            yield f"{text}: {_headed(following)}" if text else ""
        if len(text.split()) >= MIN_HEADING_WORDS:
            yield text


def _headed(text: str) -> str:
    """Cut to length without a loose end; empty where it points at something that is not there."""
    words = _WORD.findall(text)
    words = _cut_short(words) if len(words) > MAX_TITLE_WORDS else words
    while words and _is_loose(words):
        words.pop()
    title = " ".join(words)
    return "" if len(title) > MAX_CLAUSE_CHARS or _UNCLEAR_HEADING.search(title) else title


def _with_subject(
    best: Candidate, said: Sequence[str], fallback: Sequence[str], vocabulary: Vocabulary
) -> str:
    """ "Valhalla VintageVerb: Decay 1.4 Seconds": what the clause is about, from the sentences up to it."""
    before = list(reversed(said[: said.index(best.sentence) + 1]))
    products = (name for sentence in before[:3] for name in vocabulary.plugins(sentence))
    nouns = (m.spoken for sentence in before for m in vocabulary.mentions(sentence))
    named = (*products, *filter(_is_noun, nouns))
    own = set(stems(best.text))
    subject = next((s for s in (*named, *fallback) if not own & set(stems(s))), "")
    title = f"{title_case(subject)}: {best.text}" if subject else best.text
    return title if len(title) <= MAX_TITLE_CHARS else best.text


def _is_noun(phrase: str) -> bool:
    last = plain(phrase.split()[-1])
    return last not in ACTIONS | VERBS | QUALIFIERS | STOP_WORDS and not last.endswith(("ed", "ly"))


def phrase_title(found: Sequence[str]) -> str:
    """ "Clip Gain, Esses and Rides": phrases as a list in title case, within the length of a title."""
    kept: list[str] = []
    for phrase in found:
        if len(joined([*kept, phrase])) <= MAX_TITLE_CHARS:
            kept.append(phrase)
    return title_case(joined(kept))


def joined(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def candidates(sentence: str, vocabulary: Vocabulary, place: int = 0) -> Iterator[Candidate]:
    """Every title that this cleaned sentence offers; `place` is its position in the passage."""
    for clause in clauses(sentence):
        about = ((text, DOING_WORTH) for text in doings(clause))
        for text, worth in (*readings(clause), *about):
            title = _tidied(text)
            if title and _reads_well(title):
                score = worth + _worth(title, vocabulary) - 0.05 * place
                yield Candidate(title_case(title), score, sentence)


def _tidied(text: str) -> str:
    """Only words and the marks inside them, cut to length, without a loose end; empty when too little is left."""
    words = _WORD.findall(_POINTED_AT.sub(_the, _SOON.sub("", text)))
    if len(words) > MAX_TITLE_WORDS:
        words = _cut_short(words)
    while words and _is_loose(words):
        words.pop()
    title = " ".join(words)
    fits = len(words) >= MIN_TITLE_WORDS and len(title) <= MAX_CLAUSE_CHARS
    return title if fits else ""


def _the(pointed: re.Match[str]) -> str:
    return "the " if _carries(plain(pointed[1])) else pointed[0]


def _is_loose(words: list[str]) -> bool:
    """Whether the last word leaves the reader waiting: "the", "and", "to begin"."""
    last = plain(words[-1])
    before = words[-2].casefold() if len(words) > 1 else ""
    cut_off = before in ("to", "and", "or") and last in VERBS | ACTIONS
    return last in BAD_ENDINGS or cut_off or not any(letter.isalnum() for letter in last)


def _cut_short(words: list[str]) -> list[str]:
    """End before the last preposition or conjunction that fits; nothing when there is none."""
    borders = [n for n in range(4, MAX_TITLE_WORDS + 1) if plain(words[n]) in CUT_BEFORE]
    return words[: borders[-1]] if borders else []


def _reads_well(title: str) -> bool:
    if _UNCLEAR.search(title):
        return False
    words = [plain(word) for word in tokens(title)]
    return (words[0] not in ACTIONS and _carries(words[0])) or any(map(_carries, words[1:]))


def _carries(word: str) -> bool:
    """Whether a word can be what a title is about; an action may, after the first word: "the return", "a boost"."""
    empty = STOP_WORDS | VERBS | QUALIFIERS
    return len(word) > 1 and word not in empty and not word[0].isdigit() and word not in _SPELLINGS


def _worth(title: str, vocabulary: Vocabulary) -> float:
    words = tokens(title)
    return (
        1.2 * bool(VALUE.search(title))
        + 0.5 * min(len(vocabulary.mentions(title)), 2)
        + 0.5 * bool(vocabulary.plugins(title))
        + 0.15 * min(len(stems(title)), 5)
        - 0.4 * (len(words) < 3)
    )


def title_case(text: str) -> str:
    """Capitals for every word but the small ones inside; units and abbreviations as they are written."""
    words = text.replace("\u2019", "'").split()
    edges = (0, len(words) - 1)
    cased = " ".join(_cased(word, at_edge=n in edges) for n, word in enumerate(words))
    return re.sub(r"(\d) %", r"\1%", cased)[:MAX_TITLE_CHARS].rstrip()


def _cased(word: str, *, at_edge: bool) -> str:
    folded = word.casefold()
    if folded in _SPELLINGS:
        return _SPELLINGS[folded]
    if word[:1].isdigit() or (any(c.isupper() for c in word[1:]) and not word.isupper()):
        return word
    if folded in SMALL_WORDS and not at_edge:
        return folded
    if word.isupper() and word.isalpha() and len(word) > 4:
        word = folded
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
