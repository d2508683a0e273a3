"""What is amiss with one video's results, for its curator: which page or moment, why, and what to do about it.

What belongs here: what each check looks at, its bounds, its sentences and its numbers. What does not: counting on one
page (`page_text`), how a check is shown (`assets`). Nothing here stops anybody: what must never be is refused by the
stages before anything is stored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chrysopedia_assets.inspection.page_text import (
    GOOD_READING_S,
    TOO_FEW_WORDS,
    TOO_LONG_S,
    named,
    nobody_says,
    page_reading_s,
    quoted,
    text_of,
    too_long,
    too_short,
    uncited,
    unresolved,
    unsaid,
    words_in,
)
from chrysopedia_assets.inspection.words import is_shortened, short, word_count, words_of
from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.models.doubts import heard_share
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.quotes import is_verbatim
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.technique_pages import TechniquePage, TechniquePages, cited
from chrysopedia_assets.models.transcripts import Segment, Transcript

LEAST_COVERED = 0.35
"""Of the duration. Whoever teaches speaks two thirds of the time and more; who plays a lot of music, half of it."""
LONG_GAP_S = 10 * 60
"""Without a word: a break of a livestream, or a recogniser that has given up."""
MISSED_S = 5.0
"""Of speech in a minute, without words: more than a sentence."""
MUCH_DOUBTFUL = 0.1
"""Of the duration."""
FEW_AN_HOUR = 1.5
"""A four-hour livestream may hold six minutes worth keeping: six moments."""
MANY_AN_HOUR = 90
"""More than one every 40 seconds is the transcript once more, and nobody's choice."""
A_HANDFUL = 5
"""In a few minutes of video as many say nothing about an hour."""
LONG_SECTION_WORDS = 300
"""More than a minute's reading under one title: it has two subjects."""

Figures = Mapping[str, int | float]


@dataclass(frozen=True)
class Checked:
    """What a check came to. `said` is one sentence, whatever it came to; each of `amiss` is another, with what to do."""

    check: str
    said: str
    amiss: tuple[str, ...]
    figures: Figures

    @property
    def passed(self) -> bool:
        return not self.amiss


# Transcripts -------------------------------------------------------------------------------------


def speech_covers_the_video(transcript: Transcript) -> Checked:
    """A video of no length has nothing that could be left out."""
    gap_from_s, gap_to_s = _longest_gap(transcript.segments, transcript.duration_s)
    spoken_s = _covered_s((segment.start_s, segment.end_s) for segment in transcript.segments)
    covered = spoken_s / transcript.duration_s if transcript.duration_s else 1.0
    gap_s = gap_to_s - gap_from_s
    amiss = []
    if covered < LEAST_COVERED:
        amiss.append(
            f"somebody speaks in {covered:.0%} of the video only: listen whether there is more, and if so have it"
            " recognised again and put the new file in place of the old one"
        )
    if gap_s > LONG_GAP_S:
        amiss.append(
            f"from {clock(gap_from_s)} to {clock(gap_to_s)} there is not a word: listen there, and if somebody speaks,"
            " put a better transcript in place of the file"
        )
    amiss += _what_was_not_heard(transcript)
    count = len(transcript.repairs)
    repairs = f"; repairs of the file: {count}" if count else ""
    return Checked(
        "speech_covers_the_video",
        f"Speech covers {covered:.0%} of {clock(transcript.duration_s)}, the longest gap is {clock(gap_s)}{repairs}.",
        tuple(amiss),
        {
            "coverage": round(covered, 4),
            "longest_gap_s": round(gap_s, 1),
            "repairs": count,
            "doubts": len(transcript.doubts),
            "heard_share": round(heard_share(transcript.minutes), 4),
        },
    )


def _what_was_not_heard(transcript: Transcript) -> Iterator[str]:
    """Of a recogniser's doubts those that are about much, each kind in one sentence."""
    listen = "listen there, and if it matters, transcribe with a larger model or put a transcript beside the video"
    silent = [m for m in transcript.minutes if m.speech_s - m.heard_s > MISSED_S]
    if silent:
        places = ", ".join(clock(m.minute * 60) for m in silent[:A_HANDFUL])
        more = f" and {len(silent) - A_HANDFUL} more" if len(silent) > A_HANDFUL else ""
        minutes = f"{len(silent)} minutes" if len(silent) > 1 else "a minute"
        yield f"in {minutes} somebody speaks and no words were heard, from {places}{more}: {listen}"
    for cut in (doubt for doubt in transcript.doubts if doubt.kind == "cut_short"):
        yield f"{cut.reason}: put the whole file in its place"
    found = [d for d in transcript.doubts if d.kind not in ("unheard", "cut_short")]
    doubtful_s = _covered_s((d.start_s, d.end_s) for d in found)
    if doubtful_s > MUCH_DOUBTFUL * transcript.duration_s:
        kinds = sorted({d.kind for d in found})
        share = doubtful_s / transcript.duration_s
        yield f"{share:.0%} of the video is in doubt ({', '.join(kinds)}): {listen}"


def _covered_s(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds that lie in any of them: one passage may be doubted for several reasons."""
    covered_s, to_s = 0.0, 0.0
    for start_s, end_s in sorted(spans):
        covered_s += max(0.0, end_s - max(start_s, to_s))
        to_s = max(to_s, end_s)
    return covered_s


def _longest_gap(segments: Iterable[Segment], duration_s: float) -> tuple[float, float]:
    """From and to; segments may lie over each other."""
    gap, heard_to_s = (0.0, 0.0), 0.0
    for start_s, end_s in [*((s.start_s, s.end_s) for s in segments), (duration_s, duration_s)]:
        if start_s - heard_to_s > gap[1] - gap[0]:
            gap = (heard_to_s, start_s)
        heard_to_s = max(heard_to_s, end_s)
    return gap


# Moments -----------------------------------------------------------------------------------------


def moments_per_hour_in_range(record: KeyMoments, transcript: Transcript) -> Checked:
    count, hours = len(record.moments), transcript.duration_s / 3600
    rate = count / hours if hours else float(count)
    again = f"look at what was taken, and make it anew with another prompt for this video: chrysopedia rerun {record.video.video_id} key_moments --prompt FILE"
    amiss = []
    if not count:
        amiss.append(f"nothing was found worth keeping: if the video does teach, {again}")
    elif rate < FEW_AN_HOUR:
        amiss.append(f"{FEW_AN_HOUR:g} an hour and more are usual: {again}")
    elif rate > MANY_AN_HOUR and count > A_HANDFUL:
        amiss.append(f"more than {MANY_AN_HOUR} an hour is no choice any more: {again}")
    return Checked(
        "moments_per_hour_in_range",
        f"{count} moments in {clock(transcript.duration_s)}: {rate:.1f} an hour.",
        tuple(amiss),
        {"moments_per_hour": round(rate, 2), "moments": count},
    )


def quotes_of_moments_are_verbatim(record: KeyMoments, transcript: Transcript) -> Checked:
    amiss = [
        f"moment '{short(moment.title)}' at {clock(moment.start_s)}: nobody says “{short(moment.quote)}” in it;"
        " make the moments anew"
        for moment in record.moments
        if not is_verbatim(moment.quote, _said_in(moment, transcript))
    ]
    quotes = len(record.moments)
    return Checked(
        "quotes_are_verbatim",
        f"{quotes - len(amiss)} of {quotes} quotes are in the words of their segments.",
        tuple(amiss),
        {"quotes": quotes, "not_said": len(amiss)},
    )


def _said_in(moment: KeyMoment, transcript: Transcript) -> str:
    segments = transcript.segments[moment.first_segment : moment.last_segment + 1]
    return " ".join(segment.text for segment in segments)


# Pages -------------------------------------------------------------------------------------------


def citations_resolve(record: TechniquePages, groups: SynthesisGroups) -> Checked:
    """Paragraphs without a citation are told in numbers: the summary of a page may do without."""
    placed = [c.moment_id for page in record.pages for c in page.citations]
    placed += [left.moment_id for left in record.unused]
    claims = [uncited(page) for page in record.pages]
    citations = sum(len(page.citations) for page in record.pages)
    amiss = [f"{one}; make the pages anew" for one in _misplaced(placed, _moments(groups))]
    amiss += [one for page in record.pages for one in _cited_wrongly(page)]
    return Checked(
        "citations_resolve",
        f"{citations} moments are cited on {len(record.pages)} pages, {len(record.unused)} are left out with a reason.",
        tuple(amiss),
        {
            "citations": citations,
            "unused_moments": len(record.unused),
            "paragraphs": sum(claim.of for claim in claims),
            "paragraphs_without_citation": sum(len(claim.wrong) for claim in claims),
        },
    )


def _misplaced(placed: Sequence[str], given: Mapping[str, KeyMoment]) -> Iterator[str]:
    for moment_id, moment in given.items():
        times = placed.count(moment_id)
        if times != 1:
            where = "on no page, and no reason is given" if not times else f"in {times} places"
            yield f"moment '{short(moment.title)}' is {where}"
    for moment_id in dict.fromkeys(placed):
        if moment_id not in given:
            yield f"moment {short(moment_id)} is none of this video's"


def _cited_wrongly(page: TechniquePage) -> Iterator[str]:
    yield from (f"{one}; make the pages anew" for one in unresolved(page))
    silent = {citation.number for citation in page.citations} - cited(page)
    for number in sorted(silent):
        yield f"{named(page)}: [{number}] is listed and nowhere cited; make the pages anew"


def quotes_of_pages_are_verbatim(record: TechniquePages, groups: SynthesisGroups) -> Checked:
    """What was only shortened is counted apart: each word is the speaker's own."""
    moments = _moments(groups)
    quotes = shortened = 0
    amiss = []
    for page in record.pages:
        texts = [moments[c.moment_id].transcript for c in page.citations if c.moment_id in moments]
        texts += [citation.quote for citation in page.citations]
        said = "\n".join(texts)
        heard = words_of(said)
        quotes += len(quoted(page))
        for quote in unsaid(page, said):
            if is_shortened(quote, heard):
                shortened += 1
            else:
                amiss.append(nobody_says(page, quote))
    return Checked(
        "quotes_are_verbatim",
        f"Of {quotes} quotations {quotes - shortened - len(amiss)} are word for word in what was said,"
        f" {shortened} were shortened, {len(amiss)} are not to be found.",
        tuple(amiss),
        {"quotes": quotes, "shortened": shortened, "not_said": len(amiss)},
    )


def pages_have_a_fair_length(record: TechniquePages) -> Checked:
    """How many are over the goal is told in numbers: a warning is for what somebody has to divide."""
    words = [words_in(page) for page in record.pages]
    seconds = [page_reading_s(page) for page in record.pages]
    sections = [word_count(text_of(s)) for page in record.pages for s in page.sections]
    longest_s, over = max(seconds, default=0.0), sum(s > GOOD_READING_S for s in seconds)
    amiss = [one for page in record.pages for one in _of_odd_length(page)]
    return Checked(
        "pages_have_a_fair_length",
        f"{len(words)} pages, {sum(words)} words; the longest takes {longest_s:.0f} s to read, and {over} of them"
        f" more than {GOOD_READING_S} s.",
        tuple(amiss),
        {
            "longest_reading_s": round(longest_s, 1),
            "pages_over_the_goal": over,
            "words": sum(words),
            "words_a_page": round(sum(words) / len(words), 1) if words else 0.0,
            "longest_section_words": max(sections, default=0),
        },
    )


def _of_odd_length(page: TechniquePage) -> Iterator[str]:
    if words_in(page) < TOO_FEW_WORDS:
        yield too_short(page)
    elif page_reading_s(page) > TOO_LONG_S:
        yield too_long(page)
    for section in page.sections:
        words = word_count(text_of(section))
        if words > LONG_SECTION_WORDS:
            yield f"{named(page)}: '{short(section.title)}' has {words} words; divide it where the subject changes"


def _moments(groups: SynthesisGroups) -> dict[str, KeyMoment]:
    return {m.moment.moment_id: m.moment for group in groups.groups for m in group.moments}
