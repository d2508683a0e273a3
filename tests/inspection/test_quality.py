"""Each check passes what is sound, and of what is not says where it is, and counts it."""

import pytest

from chrysopedia_assets.inspection.page_text import GOOD_READING_S, TOO_FEW_WORDS, TOO_LONG_S
from chrysopedia_assets.inspection.quality import (
    A_HANDFUL,
    FEW_AN_HOUR,
    LEAST_COVERED,
    LONG_GAP_S,
    LONG_SECTION_WORDS,
    MANY_AN_HOUR,
    Checked,
    citations_resolve,
    moments_per_hour_in_range,
    pages_have_a_fair_length,
    quotes_of_moments_are_verbatim,
    quotes_of_pages_are_verbatim,
    speech_covers_the_video,
)
from chrysopedia_assets.inspection.words import WORDS_PER_MINUTE, is_shortened, words_of
from chrysopedia_assets.models.doubts import Doubt, MinuteHeard
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.synthesis_groups import SynthesisGroup, SynthesisGroups
from chrysopedia_assets.models.technique_pages import (
    Citation,
    Section,
    TechniquePage,
    TechniquePages,
    UnusedMoment,
)
from chrysopedia_assets.models.transcripts import Segment, Transcript
from tests.builders import grouped, moment, transcript, transcript_of, video

SAID = "I cut the kick at 30 hertz, honestly, with Pro-Q 3, because nothing is down there"
CUT = moment("Cut the kick", SAID, number=1)
DUCK = moment("Duck the bass", "the bass goes down 6 dB when the kick comes", number=2)
ENOUGH = "word " * TOO_FEW_WORDS


def spoken(*spans: tuple[float, float], duration_s: float) -> Transcript:
    segments = tuple(Segment(start_s=start, end_s=end, text="said") for start, end in spans)
    return transcript_of(segments).model_copy(update={"duration_s": duration_s})


def moments(*found: KeyMoment) -> KeyMoments:
    return KeyMoments(video=video(), made_by="test", moments=found)


def page(body: str, *cited: KeyMoment, title: str = "The kick", **changes: object) -> TechniquePage:
    """Not validated: what must never be is refused by the model, and looked at all the same."""
    citations = tuple(
        Citation(number=n, moment_id=m.moment_id, title=m.title, start_s=m.start_s, end_s=m.end_s, quote=m.quote)
        for n, m in enumerate(cited, start=1)
    )  # fmt: skip
    made = TechniquePage.model_construct(
        page_id=f"p-{title}",
        title=title,
        summary="Short.",
        category="mixing",
        source_quality="mixed",
        sections=(Section(title="At 30 hertz", body=body),),
        citations=citations,
    )
    return made.model_copy(update=changes)


def pages(*made: TechniquePage, unused: tuple[UnusedMoment, ...] = ()) -> TechniquePages:
    return TechniquePages.model_construct(video=video(), made_by="test", pages=made, unused=unused)


def groups(*members: KeyMoment) -> SynthesisGroups:
    made = SynthesisGroup(group_id="g", category="mixing", tokens=1, moments=grouped(*members))
    return SynthesisGroups(video=video(), made_by="test", groups=(made,))


# Transcripts -------------------------------------------------------------------------------------


def test_speech_that_covers_the_video_passes_and_is_counted() -> None:
    found = speech_covers_the_video(spoken((0, 50), (60, 100), duration_s=100))
    assert found.passed
    assert found.figures == {
        "coverage": 0.9, "longest_gap_s": 10.0, "repairs": 0, "doubts": 0, "heard_share": 1.0
    }  # fmt: skip
    assert found.said == "Speech covers 90% of 1:40, the longest gap is 0:10."


def test_segments_that_lie_over_each_other_are_not_counted_twice() -> None:
    found = speech_covers_the_video(spoken((0, 50), (10, 20), (40, 60), duration_s=100))
    assert (found.figures["coverage"], found.figures["longest_gap_s"]) == (0.6, 40.0)


def test_a_video_in_which_hardly_anybody_speaks_is_told() -> None:
    hardly = 100 * LEAST_COVERED - 1
    [told] = speech_covers_the_video(spoken((0, hardly), duration_s=100)).amiss
    assert told.startswith("somebody speaks in 34% of the video only: listen")
    assert speech_covers_the_video(spoken((0, hardly + 1), duration_s=100)).passed


@pytest.mark.parametrize(
    "spans",
    [
        [(LONG_GAP_S + 1, 4_000.0)],
        [(0.0, 2_000.0), (2_001.0 + LONG_GAP_S, 4_000.0)],
        [(0.0, 3_999.0 - LONG_GAP_S)],
    ],
    ids=["at the beginning", "in the middle", "at the end"],
)
def test_a_long_gap_is_told_with_its_place(spans: list[tuple[float, float]]) -> None:
    found = speech_covers_the_video(spoken(*spans, duration_s=4_000))
    [told] = found.amiss
    assert "there is not a word" in told and found.figures["longest_gap_s"] == LONG_GAP_S + 1


def test_a_transcript_of_no_length_passes() -> None:
    assert speech_covers_the_video(spoken((0, 0), duration_s=0)).passed


def test_minutes_with_speech_and_no_words_are_told_with_their_place() -> None:
    minutes = [MinuteHeard(minute=m, speech_s=50, heard_s=50 - 6 * (m % 2)) for m in range(14)]
    doubts = (Doubt(kind="unheard", start_s=60, end_s=66, reason="6 s"),)
    changes = {"minutes": tuple(minutes), "doubts": doubts}
    found = speech_covers_the_video(spoken((0, 900), duration_s=900).model_copy(update=changes))
    [told] = found.amiss
    assert told.startswith("in 7 minutes somebody speaks and no words were heard, from 1:00, 3:00,")
    assert "9:00 and 2 more: listen there" in told
    assert (found.figures["doubts"], found.figures["heard_share"]) == (1, 0.94)


def test_much_that_is_in_doubt_is_told_by_kind_and_a_little_is_only_counted() -> None:
    def doubtful(seconds: float) -> Checked:
        doubt = Doubt(kind="repeated", start_s=0, end_s=seconds, reason="again and again")
        return speech_covers_the_video(
            spoken((0, 900), duration_s=900).model_copy(update={"doubts": (doubt,)})
        )

    [told] = doubtful(91).amiss
    assert told.startswith("10% of the video is in doubt (repeated): listen there")
    assert doubtful(89).passed


def test_a_passage_that_is_doubted_twice_is_doubted_once() -> None:
    doubts = tuple(
        Doubt(kind=kind, start_s=start_s, end_s=start_s + 40, reason="r")
        for kind, start_s in (("improbable", 0), ("repeated", 0), ("improbable", 20))
    )
    found = spoken((0, 300), duration_s=300).model_copy(update={"doubts": doubts})
    [told] = speech_covers_the_video(found).amiss
    assert told.startswith("20% of the video is in doubt (improbable, repeated)")


def test_what_is_missing_at_the_end_is_told_and_is_no_part_of_the_video() -> None:
    cut = Doubt(kind="cut_short", start_s=100, end_s=900, reason="it lasts 900 s and ends at 100 s")
    found = spoken((0, 100), duration_s=100).model_copy(update={"doubts": (cut,)})
    [told] = speech_covers_the_video(found).amiss
    assert told == "it lasts 900 s and ends at 100 s: put the whole file in its place"


def test_repairs_are_counted_and_no_fault() -> None:
    mended = transcript("a", "b").model_copy(update={"repairs": ("2 empty segments dropped",)})
    found = speech_covers_the_video(mended)
    assert found.passed and found.figures["repairs"] == 1
    assert found.said.endswith("repairs of the file: 1.")


# Moments -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "hours", "passed"),
    [
        (6, 4, True),
        (5, 4, False),
        (0, 0.05, False),
        (1, 0.05, True),
        (A_HANDFUL, 0.01, True),
        (A_HANDFUL + 1, 0.01, False),
        (MANY_AN_HOUR, 1, True),
        (MANY_AN_HOUR + 1, 1, False),
    ],
)
def test_moments_are_neither_next_to_none_nor_the_transcript_once_more(
    count: int, hours: float, passed: bool
) -> None:
    found = moments_per_hour_in_range(
        moments(*(moment("Cut", SAID, number=n) for n in range(count))),
        spoken((0, 1), duration_s=3_600 * hours),
    )
    assert found.passed is passed, found.said
    assert found.figures["moments"] == count
    assert found.figures["moments_per_hour"] == pytest.approx(count / hours)
    assert all("chrysopedia rerun ada--low-end key_moments --prompt FILE" in w for w in found.amiss)
    assert FEW_AN_HOUR * 4 == 6


def test_the_quote_of_a_moment_is_looked_for_in_its_own_segments() -> None:
    said = transcript("cut at 30 hertz", "duck the bass by 6 dB", "and so on")
    sound = CUT.model_copy(
        update={"first_segment": 0, "last_segment": 1, "quote": "30 hertz, duck"}
    )
    beside = sound.model_copy(update={"moment_id": "2", "first_segment": 2, "last_segment": 2})
    found = quotes_of_moments_are_verbatim(moments(sound, beside), said)
    [told] = found.amiss
    assert "moment 'Cut the kick' at 0:30: nobody says “30 hertz, duck” in it" in told
    assert found.figures == {"quotes": 2, "not_said": 1}
    assert quotes_of_moments_are_verbatim(moments(sound), said).passed


# Pages -------------------------------------------------------------------------------------------


def test_citations_that_resolve_are_counted_with_what_is_left_out() -> None:
    left = UnusedMoment(moment_id=DUCK.moment_id, title="Duck", start_s=60, reason="too thin")
    record = pages(page(f"{ENOUGH} [1]\n\nNothing is behind this one", CUT), unused=(left,))
    found = citations_resolve(record, groups(CUT, DUCK))
    assert found.passed
    assert found.figures == {
        "citations": 1, "unused_moments": 1, "paragraphs": 2, "paragraphs_without_citation": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (pages(page("Do it [1].", CUT)), "moment 'Duck the bass' is on no page"),
        (pages(page("[1] [2]", CUT, DUCK), page("[1]", CUT, title="B")), "moment 'Cut the kick' is in 2 places"),
        (pages(page("Do it [1] [3].", CUT, DUCK)), "[3] in 'At 30 hertz' cites nothing"),
        (pages(page("Do it [1].", CUT, DUCK)), "page 'The kick': [2] is listed and nowhere cited"),
        (pages(page("[1] [2] [3]", CUT, DUCK, moment("X", "x", number=9))), "moment moment-9 is none of this video's"),
    ],
)  # fmt: skip
def test_each_fault_of_a_citation_is_told(record: TechniquePages, told: str) -> None:
    found = citations_resolve(record, groups(CUT, DUCK))
    assert any(told in one for one in found.amiss), found.amiss
    assert all(one.endswith("make the pages anew") for one in found.amiss)


def test_quotations_are_told_apart_by_how_much_of_them_was_said() -> None:
    body = (
        'He says: "I cut the kick at 30 hertz" and "I cut the kick at 30 hertz with Pro-Q 3" and'
        ' "I boost the kick at 30 hertz" [1].'
    )
    found = quotes_of_pages_are_verbatim(pages(page(body, CUT)), groups(CUT))
    assert found.figures == {"quotes": 3, "shortened": 1, "not_said": 1}
    [told] = found.amiss
    assert told.startswith("page 'The kick': nobody says “I boost the kick at 30 hertz”")
    assert "1 are word for word" in found.said


def test_a_quotation_is_looked_for_in_the_moments_of_its_own_page() -> None:
    record = pages(page('"the bass goes down 6 dB" [1]', CUT), page("[1]", DUCK, title="B"))
    assert quotes_of_pages_are_verbatim(record, groups(CUT, DUCK)).figures["not_said"] == 1


@pytest.mark.parametrize(
    ("quoted", "passed"),
    [
        ("cut the kick honestly", True),
        ("the kick cut", False),
        ("cut the kick because there", False),
        ("", False),
    ],
)
def test_a_shortened_quotation_has_its_words_in_order_and_close_together(
    quoted: str, passed: bool
) -> None:
    assert is_shortened(quoted, words_of(SAID)) is passed


def of_length(words: int) -> str:
    return " ".join(["word"] * words)


def test_pages_of_a_fair_length_pass_and_are_counted() -> None:
    found = pages_have_a_fair_length(pages(page(of_length(100), CUT), page(of_length(50), DUCK)))
    assert found.passed
    assert (found.figures["words"], found.figures["words_a_page"]) == (150, 75.0)
    assert found.figures["longest_section_words"] == 100
    assert found.figures["pages_over_the_goal"] == 0


def test_a_page_somewhat_over_the_goal_is_counted_and_no_warning() -> None:
    over = int(GOOD_READING_S / 60 * WORDS_PER_MINUTE) // 2
    parts = tuple(Section(title="A", body=of_length(over)) for _ in range(2))
    found = pages_have_a_fair_length(pages(page("", CUT, sections=parts), page(ENOUGH, DUCK)))
    assert found.passed and found.figures["pages_over_the_goal"] == 1
    assert "and 1 of them more than 120 s" in found.said


def test_a_page_that_says_next_to_nothing_and_one_that_takes_long_are_told() -> None:
    long = int(TOO_LONG_S / 60 * WORDS_PER_MINUTE)
    parts = tuple(Section(title="A", body=of_length(long // 4 + 1)) for _ in range(4))
    short = page(of_length(TOO_FEW_WORDS - 1), CUT, title="Short")
    found = pages_have_a_fair_length(pages(short, page("", DUCK, title="Long", sections=parts)))
    one, other = found.amiss
    assert one.startswith(f"page 'Short': {TOO_FEW_WORDS - 1} words")
    assert other.startswith("page 'Long': takes 24")
    assert found.figures["pages_over_the_goal"] == 1


def test_a_long_section_is_told() -> None:
    assert pages_have_a_fair_length(pages(page(of_length(LONG_SECTION_WORDS), CUT))).passed
    found = pages_have_a_fair_length(pages(page(of_length(LONG_SECTION_WORDS + 1), CUT)))
    assert found.amiss == (
        "page 'The kick': 'At 30 hertz' has 301 words; divide it where the subject changes",
    )


def test_a_video_without_pages_has_nothing_amiss() -> None:
    nothing = SynthesisGroups(video=video(), made_by="test", groups=())
    assert citations_resolve(pages(), nothing).passed
    assert quotes_of_pages_are_verbatim(pages(), nothing).passed
    assert pages_have_a_fair_length(pages()).passed
