"""Which moments of a chunk are worth keeping: the passages densest in teaching cues, none overlapping.

What belongs here: choosing passages, and their title, summary, quote and kind. What does not: the cues of one
sentence, how a title is made, and times (the stage writes those).
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, islice

from chrysopedia_assets.engines.cleaning import cleaned, says_something
from chrysopedia_assets.engines.cues import (
    ADVERT_ENDS,
    ADVERT_OPENS,
    HEARSAY,
    THRESHOLD,
    Cues,
    cues,
)
from chrysopedia_assets.engines.phrases import distinct, key_phrases, phrase_key, phrases
from chrysopedia_assets.engines.text import sentences, stems
from chrysopedia_assets.engines.titles import MAX_TITLE_CHARS, best_title, phrase_title
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.models.key_moments import MomentKind
from chrysopedia_assets.models.transcripts import Segment
from chrysopedia_assets.stages.key_moments import (
    ExtractionInput,
    ExtractionReply,
    FoundMoment,
    spoken,
)

SECONDS_PER_MOMENT = 60.0
"""How dense moments may lie in speech that teaches from end to end."""
MAX_MOMENT_S = 45.0
"""Only a single sentence may take longer."""
DULL = 1.5
"""A sentence must be worth more than this to lengthen a passage."""
ADVERT_S = 45.0
"""So long after the words that open an advertisement, or before those that end it, nothing is taught."""
RETURNING_WORTH, MOST_RETURNING = 0.5, 20.0
"""What is added to a sentence's cues for its words that the chunk comes back to: so much of the sum of the logarithms of
how many sentences say each, up to so much of it."""
MIN_CHARS = 50
"""Less than this is a remark, not a moment."""
MAX_SUMMARY_CHARS = 1_200
MIN_QUOTE_CHARS, MAX_QUOTE_CHARS = 30, 300

_LEANS_BACK = re.compile(
    r"^(?:because|so that|otherwise|or else|that's|that is|this is|it's|it is|which|they're|the reason)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Unit:
    """One sentence: where it stands in the chunk's speech, which segments it touches, what it shows."""

    start: int
    end: int
    first: int
    last: int
    start_s: float
    end_s: float
    said: str
    clean: str
    cues: Cues
    chat: bool
    """Its own words only chat, or it belongs to an advertisement."""
    worth: float
    """By its cues and its words that the chunk comes back to."""

    @property
    def taught(self) -> bool:
        return not self.chat and says_something(self.clean)


@dataclass(frozen=True)
class Passage:
    """Units `first` to `last`, both included, and what they are worth together."""

    worth: float
    first: int
    last: int


@dataclass(frozen=True)
class Chunk:
    """What every moment of a chunk is made with; `rarity` is less for what is said all over it."""

    given: ExtractionInput
    speech: str
    rarity: dict[str, float]
    vocabulary: Vocabulary


def extract(given: ExtractionInput, vocabulary: Vocabulary) -> ExtractionReply:
    """Moments in order of time; none when nothing in the chunk teaches."""
    units = units_of(given.segments, vocabulary)
    speech = spoken(given.segments)
    chunk = Chunk(given, speech, _rarity(speech), vocabulary)
    titles: set[str] = set()
    moments = []
    for passage in chosen(units):
        moment = _moment(chunk, units[passage.first : passage.last + 1], titles)
        if moment:
            titles.add(moment.title)
            moments.append(moment)
    return ExtractionReply(moments=tuple(moments))


def units_of(segments: tuple[Segment, ...], vocabulary: Vocabulary) -> list[Unit]:
    """Sentences put together again from segments: two of five segments do not end a sentence."""
    texts = [" ".join(s.text.split()) for s in segments]
    said = [(n, text) for n, text in enumerate(texts) if text]
    starts = [0, *accumulate(len(text) + 1 for _, text in said)][:-1]
    speech = " ".join(text for _, text in said)
    spans = sentences(speech, tuple(starts))
    clean = [cleaned(speech[start:end]) for start, end in spans]
    words = [frozenset(stems(sentence)) for sentence in clean]
    shown = [cues(sentence, vocabulary) for sentence in clean]
    worths = _worths(shown, words)
    units, at = [], 0
    for (start, end), sentence, own, worth in zip(spans, clean, shown, worths, strict=True):
        while at + 1 < len(starts) and starts[at + 1] <= start:
            at += 1
        until = at
        while until + 1 < len(starts) and starts[until + 1] < end:
            until += 1
        first, last = said[at][0], said[until][0]
        units.append(
            Unit(
                start=start,
                end=end,
                first=first,
                last=last,
                start_s=_time_of(segments[first], start - starts[at]),
                end_s=_time_of(segments[last], end - starts[until]),
                said=speech[start:end],
                clean=sentence,
                cues=own,
                chat=own.chat,
                worth=worth,
            )
        )
    return _without_adverts(units)


def _worths(shown: list[Cues], words: list[frozenset[str]]) -> Iterator[float]:
    often = Counter(word for of in words for word in of)
    for own, said in zip(shown, words, strict=True):
        returning = sum(math.log(often[word]) for word in sorted(said))
        yield own.score + RETURNING_WORTH * min(returning, MOST_RETURNING)


def _without_adverts(units: list[Unit]) -> list[Unit]:
    opened = [u.start_s for u in units if ADVERT_OPENS.search(u.clean)]
    ended = [u.end_s for u in units if ADVERT_ENDS.search(u.clean)]
    spans = [(s, s + ADVERT_S) for s in opened] + [(s - ADVERT_S, s) for s in ended]
    return [
        replace(u, chat=True) if any(a <= u.start_s and u.end_s <= b for a, b in spans) else u
        for u in units
    ]


def _time_of(segment: Segment, chars: int) -> float:
    """When the first `chars` characters of a segment are said, as if speech were even."""
    share = min(chars / max(len(segment.text), 1), 1.0)
    return segment.start_s + share * (segment.end_s - segment.start_s)


def chosen(units: list[Unit]) -> list[Passage]:
    """The best passages, as many as the taught time allows, in order of time."""
    taught_s = sum(max(u.end_s - u.start_s, 0.0) for u in units if u.taught)
    most = max(1, round(taught_s / SECONDS_PER_MOMENT))
    return sorted(islice(ranked(units), most), key=lambda p: p.first)


def ranked(units: list[Unit]) -> Iterator[Passage]:
    """Passages that share no segment, the best first."""
    used: set[int] = set()
    for passage in sorted(_passages(units), key=lambda p: (-p.worth, p.first, p.last)):
        covered = set(range(units[passage.first].first, units[passage.last].last + 1))
        if not covered & used:
            used |= covered
            yield passage


def _passages(units: list[Unit]) -> Iterator[Passage]:
    """Every run of sentences within the bounds that scores enough; a run opens and closes with a sentence that teaches.

    No sentence of a run only chats."""
    for first, unit in enumerate(units):
        if not unit.taught or (first and units[first - 1].taught and _LEANS_BACK.match(unit.clean)):
            continue
        worth = 0.0
        for last in range(first, len(units)):
            too_long = units[last].end_s - unit.start_s > MAX_MOMENT_S
            if last > first and (too_long or units[last].chat):
                break
            worth += units[last].worth - DULL
            if (
                units[last].taught
                and worth >= THRESHOLD
                and units[last].end - unit.start >= MIN_CHARS
            ):
                yield Passage(worth, first, last)


def _moment(chunk: Chunk, units: list[Unit], titles: set[str]) -> FoundMoment | None:
    given = chunk.given
    summary = _summary(units)
    quote = _quote(units, chunk.speech)
    if not summary or not quote:
        return None
    first, last = units[0].first, units[-1].last
    covered = spoken(given.segments[first : last + 1])
    return FoundMoment(
        first_segment=given.first_segment + first,
        last_segment=given.first_segment + last,
        title=_title(chunk, units, titles),
        summary=summary,
        kind=_kind(units),
        quote=quote,
        plugins=chunk.vocabulary.plugins(covered),
    )


def _title(chunk: Chunk, units: list[Unit], titles: set[str]) -> str:
    """From the moment's own clauses; else what it is about and its phrases that stand for something by themselves."""
    said = [u.clean for u in units if u.taught]
    text = " ".join(said)
    found = key_phrases(text, chunk.rarity, chunk.vocabulary)
    title = best_title(said, distinct(found, 1), chunk.vocabulary)
    return next(
        (t for t in (title, _listed(chunk, text, found)) if t and t not in titles),
        title or chunk.given.label,
    )


def _listed(chunk: Chunk, text: str, found: list[str]) -> str:
    """ "Limiter: True Peak and Ceiling": the chunk's topic where it is said, then two phrases, the second a firm one."""
    counts = Counter(phrase_key(phrase) for phrase in phrases(text))

    def firm(phrase: str) -> bool:
        known = " " in phrase or chunk.vocabulary.names(phrase) or counts[phrase_key(phrase)] > 1
        return known and not chunk.vocabulary.plugins(
            phrase
        )  # "Ableton" tells no moment from another

    about = re.split(r",| and |:", chunk.given.label)[0]
    said = bool(set(stems(about)) & set(stems(text)))
    in_order = distinct(sorted(found, key=firm, reverse=True), 3)
    own = [p for p in in_order if not said or not set(stems(p)) & set(stems(about))]
    listed = phrase_title([*own[:1], *filter(firm, own[1:2])] if said else own[:2])
    return (
        (f"{about}: {listed}"[:MAX_TITLE_CHARS] if said else listed)
        if listed
        else chunk.given.label
    )


def _rarity(speech: str) -> dict[str, float]:
    counts = Counter(phrase_key(phrase) for phrase in phrases(speech))
    return {key: 1.0 / (1.0 + math.log(count)) for key, count in counts.items()}


def _summary(units: list[Unit]) -> str:
    """The sentences that say something, without fillers, as many as fit."""
    kept = ""
    for unit in units:
        if unit.taught and len(kept) + len(unit.clean) < MAX_SUMMARY_CHARS:
            kept = f"{kept} {unit.clean}".strip()
    return kept


def _quote(units: list[Unit], speech: str) -> str:
    """The sentence that teaches most, as said; a short one takes a neighbour along to make a whole thought."""
    best = max(range(len(units)), key=lambda n: (units[n].taught, _quotable(units[n]), -n))
    spans = [(best, best), (best, best + 1), (best - 1, best)]
    texts = [speech[units[a].start : units[b].end] for a, b in spans if a >= 0 and b < len(units)]
    whole = (t for t in texts if MIN_QUOTE_CHARS <= len(t) <= MAX_QUOTE_CHARS)
    return next(whole, texts[0][:MAX_QUOTE_CHARS]).strip()


def _quotable(unit: Unit) -> float:
    """Its worth, less what cleaning had to take away, what only others say, and what needs the sentence before."""
    hearsay = 2.0 * bool(HEARSAY.search(unit.clean))
    leaning = 1.0 * bool(_LEANS_BACK.match(unit.clean))
    return (
        (unit.cues.score + unit.worth) / 2
        - hearsay
        - leaning
        - 3.0 * (1.0 - len(unit.clean) / max(len(unit.said), 1))
    )


def _kind(units: list[Unit]) -> MomentKind:
    values = sum(u.cues.values for u in units)
    reasons = sum(u.cues.reasons for u in units)
    organising = sum(u.cues.organising for u in units)
    if organising >= 2 and organising > values:
        return "workflow"
    if values >= 2 and values >= 2 * reasons:
        return "settings"
    return "reasoning" if reasons else "technique"
