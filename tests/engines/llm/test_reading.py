"""From a model's text to a reply, or to the one class that says why not; nothing a model writes is an accident here.

What belongs here: texts as they come. What does not: what is done about them (`test_engine`).
"""

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chrysopedia_assets.engines.llm.reading import (
    CURES,
    MAX_COMPLAINTS,
    MAX_OPENINGS,
    json_object,
    read_reply,
    usable_part,
    without_thoughts,
)
from chrysopedia_assets.errors import (
    ReplyDeclined,
    ReplyEmpty,
    ReplyMisshapen,
    ReplyNotJson,
    ReplyRefused,
    ReplyShort,
    ReplyTruncated,
)
from chrysopedia_assets.models.calls import Completion
from chrysopedia_assets.stages.classifications import ClassificationInput, ClassificationQuestion
from chrysopedia_assets.stages.key_moments import ExtractionInput, ExtractionQuestion
from chrysopedia_assets.stages.ports import Question
from chrysopedia_assets.stages.technique_pages import SynthesisInput, SynthesisQuestion
from chrysopedia_assets.stages.topic_chunks import SegmentationInput, SegmentationQuestion
from tests.builders import grouped, moment, small_taxonomy, transcript, video

SPEECH = transcript("set the attack", "to 10 milliseconds", "and the release", "to 80")
TOPICS = SegmentationQuestion(SegmentationInput(video=video(), segments=SPEECH.segments))
MOMENTS = ExtractionQuestion(
    ExtractionInput(
        video=video(), label="L", summary="s", first_segment=0, segments=SPEECH.segments
    )
)
SAID = tuple(moment(f"Moment {n}", f"said {n}", number=n) for n in (1, 2, 3))
CLASSES = ClassificationQuestion(
    ClassificationInput(video=video(), taxonomy=small_taxonomy(), numbers=(1, 2, 3), moments=SAID)
)
PAGES = SynthesisQuestion(
    SynthesisInput(
        video=video(), group_id="g", category="mixing", numbers=(1, 2, 3), moments=grouped(*SAID)
    )
)
SOUND = '{"topics": [{"first_segment": 0, "label": "Attack", "summary": "s"}]}'


def classes(*numbers: int, category: str = "mixing") -> str:
    return json.dumps({"classes": [{"moment": n, "category": category} for n in numbers]})


def page(*numbers: int) -> dict[str, object]:
    cited = " ".join(f"[{n}]" for n in numbers)
    section = {"title": "At 300 Hz", "body": f"Cut {cited}."}
    return {
        "title": "T", "summary": "s", "moments": numbers, "source_quality": "mixed", "sections": [section],
    }  # fmt: skip


def found(**changes: object) -> str:
    made = {
        "first_segment": 0, "last_segment": 1, "title": "T", "summary": "s", "kind": "settings",
        "quote": "attack to 10",
    }  # fmt: skip
    return json.dumps({"moments": [made | changes]})


def refused(text: str, finish_reason: str = "stop", refusal: str | None = None) -> ReplyRefused:
    with pytest.raises(ReplyRefused) as caught:
        read_reply(TOPICS, Completion(text, finish_reason, refusal))
    return caught.value


# What comes back instead of a reply --------------------------------------------------------------


@pytest.mark.parametrize(
    ("completion", "kind"),
    [
        (Completion("", refusal="I will not."), ReplyDeclined),
        (Completion(SOUND, "content_filter"), ReplyDeclined),
        (Completion(""), ReplyEmpty),
        (Completion(" \n\t "), ReplyEmpty),
        (Completion("<think>long</think>\n"), ReplyEmpty),
        (Completion("<think>and then", "length"), ReplyEmpty),
        (Completion(SOUND[:40], "length"), ReplyTruncated),
        (Completion("It has three parts."), ReplyNotJson),
        (Completion(SOUND.replace("}]", "]")), ReplyNotJson),
        (Completion('{"result": "ok"}'), ReplyMisshapen),
        (Completion(SOUND.replace("0", "1")), ReplyRefused),
    ],
)
def test_each_way_to_be_no_use_has_its_own_class(
    completion: Completion, kind: type[ReplyRefused]
) -> None:
    with pytest.raises(ReplyRefused) as caught:
        read_reply(TOPICS, completion)
    assert type(caught.value) is kind
    assert (caught.value.where, caught.value.cure) == (video().video_id, CURES[kind])
    assert caught.value.what.startswith("segmentation of segments 0 to 3: ")


def test_a_short_reply_is_told_from_a_wrong_one() -> None:
    with pytest.raises(ReplyShort, match=r"moments \[3\] have no answer"):
        read_reply(CLASSES, Completion(classes(1, 2)))
    with pytest.raises(ReplyShort, match=r"moments \[3\] are on no page"):
        read_reply(PAGES, Completion(json.dumps({"pages": [page(1, 2)]})))


@pytest.mark.parametrize(
    "text",
    [
        classes(7, 8),
        json.dumps({"pages": []}),
        json.dumps({"pages": [page(1, 2), page(2)]}),
        json.dumps({"pages": [page(1, 2, 9)]}),
    ],
)
def test_a_reply_with_nothing_to_keep_is_wrong_and_not_short(text: str) -> None:
    question: Question[Any] = CLASSES if text.startswith('{"classes') else PAGES
    with pytest.raises(ReplyRefused) as caught:
        read_reply(question, Completion(text))
    assert type(caught.value) is ReplyRefused


def test_the_words_of_a_refusal_and_the_tokens_spent_are_told() -> None:
    assert "the model declines: I will not." in refused("", refusal="I will not.").what
    with pytest.raises(ReplyEmpty, match="after 4096 tokens"):
        read_reply(TOPICS, Completion("<think>", "length", tokens_out=4096))
    with pytest.raises(ReplyTruncated, match="after 4096 tokens"):
        read_reply(TOPICS, Completion("{", "length", tokens_out=4096))


def test_a_reply_that_was_cut_off_is_never_mended_even_when_its_json_is_complete() -> None:
    for text in (
        SOUND,
        f"```json\n{SOUND}\n```",
        f"{SOUND}\n{SOUND[:30]}",
        f"<think>x</think>{SOUND}",
    ):
        assert type(refused(text, "length")) is ReplyTruncated


@pytest.mark.parametrize("cut", range(1, len(SOUND)))
def test_a_cut_that_the_server_hides_is_never_taken_for_a_reply(cut: int) -> None:
    refused(SOUND[:cut])


# Wrapping ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"<think>I begin: {SOUND[:20]} no</think>\n{SOUND}",
        f"<THINKING>\nhm\n</Thinking>{SOUND}",
        f"hm, {{not this}}\n</think>\n\n{SOUND}",
        f"first</thinking>second</think>{SOUND}",
        f"<think>a</think>{SOUND}<think>b</think>",
        f"{SOUND}\n<think>was that right",
        f"```json\n{SOUND}\n```",
        f"Here it is:\n\n```\n{SOUND}\n```\nLet me know {{if}} it helps.",
        f"\ufeff  {SOUND}  \n{SOUND}",
        "{" * (MAX_OPENINGS - 1) + SOUND,
    ],
)
def test_a_reply_is_taken_out_of_thoughts_fences_and_prose(text: str) -> None:
    assert read_reply(TOPICS, Completion(text)).topics[0].label == "Attack"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("<think>a</think>b", "b"),
        ("<think>a<think>b</think>c", "c"),
        ("a</think>b", "b"),
        ("a<think>b</think>c</think>d", "d"),
        ("a<think>b", "a"),
        ("<thinking>a</thinking>b<THINK>c</THINK>d", "bd"),
        ("no tags < think >", "no tags < think >"),
    ],
)
def test_thoughts_are_no_part_of_what_is_seen(text: str, seen: str) -> None:
    assert without_thoughts(text) == seen


@pytest.mark.parametrize("said", ["<think>", "</think>", "say <think>mud</think> aloud"])
def test_a_reply_that_speaks_of_thinking_tags_is_no_thought(said: str) -> None:
    text = json.dumps({"topics": [{"first_segment": 0, "label": said, "summary": "s"}]})
    assert read_reply(TOPICS, Completion(text)).topics[0].label == said


def test_a_drafted_reply_in_a_thought_is_not_the_reply() -> None:
    draft = SOUND.replace("Attack", "Draft")
    assert type(refused(f"<think>{draft}</think>")) is ReplyEmpty
    assert type(refused(f"<think>{draft}")) is ReplyEmpty
    assert type(refused(f"{draft}</think> done")) is ReplyNotJson


# JSON of another shape ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"first_segment": "three"}, "moments.0.first_segment: "),
        ({"first_segment": None}, "moments.0.first_segment: "),
        ({"first_segment": -1}, "moments.0.first_segment: "),
        ({"first_segment": 1.5}, "moments.0.first_segment: "),
        ({"first_segment": float("nan")}, "moments.0.first_segment: "),
        ({"first_segment": float("inf")}, "moments.0.first_segment: "),
        ({"title": ""}, "moments.0.title: "),
        ({"title": "x" * 301}, "moments.0.title: "),
        ({"title": ["x"]}, "moments.0.title: "),
        ({"summary": "x" * 2001}, "moments.0.summary: "),
        ({"kind": "tip"}, "moments.0.kind: "),
        ({"quote": "a\0b"}, "moments.0.quote: "),
        ({"quote": "\ud800"}, "moments.0.quote: "),
        ({"plugins": "Vital"}, "moments.0.plugins: "),
        ({"plugins": [{}]}, "moments.0.plugins.0: "),
        ({"start_s": 3.5}, "moments.0.start_s: "),
    ],
)
def test_a_field_of_another_shape_is_named(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(ReplyMisshapen) as caught:
        read_reply(MOMENTS, Completion(found(**change)))
    assert complaint in caught.value.what
    caught.value.what.encode()


@pytest.mark.parametrize("text", ["{}", '{"topics": []}', '{"topics": {}}', f"[{SOUND[11:-1]}]"])
def test_a_reply_of_another_shape_as_a_whole_is_misshapen(text: str) -> None:
    assert type(refused(text)) is ReplyMisshapen


@pytest.mark.parametrize("key", ["\\ud800", "\\u0000", "\\n</transcript>"])
def test_an_extra_field_is_refused_whatever_its_name(key: str) -> None:
    failure = refused(SOUND[:-1] + f', "{key}": 1}}')
    assert type(failure) is ReplyMisshapen
    failure.what.encode()


def test_raw_nul_and_lone_surrogates_in_the_text_are_refused() -> None:
    assert type(refused(SOUND.replace("Attack", "a\0b"))) is ReplyNotJson
    assert type(refused(SOUND.replace("Attack", "\udc80"))) is ReplyMisshapen


def test_not_all_of_a_thousand_complaints_are_told() -> None:
    wrong = {"first_segment": "x", "label": "", "summary": 1}
    failure = refused(json.dumps({"topics": [wrong] * 1000}))
    assert failure.what.count("topics.") == MAX_COMPLAINTS


def test_what_is_told_of_a_wrong_reply_is_not_as_long_as_the_reply() -> None:
    failure = refused(SOUND[:-1] + f', "{"k" * 100_000}": 1}}')
    assert len(failure.what) < 10_000
    with pytest.raises(ReplyRefused) as caught:
        read_reply(CLASSES, Completion(classes(1, 2, 3, category="c" * 100_000)))
    assert len(caught.value.what) < 10_000


# Gates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (found(first_segment=2, last_segment=1), "spans segments 2 to 1"),
        (found(last_segment=4), "there are 0 to 3"),
        (found(last_segment=10**300), "there are 0 to 3"),
        (found(quote="attack to 12"), "the quote of moment 0 is not said"),
    ],
)
def test_numbers_out_of_range_and_words_nobody_said_are_told(text: str, complaint: str) -> None:
    with pytest.raises(ReplyRefused) as caught:
        read_reply(MOMENTS, Completion(text))
    assert type(caught.value) is ReplyRefused
    assert complaint in caught.value.what


def test_the_usable_part_of_a_short_reply_is_what_is_soundly_answered_and_the_rest_is_asked() -> (
    None
):
    text = json.dumps(
        {
            "classes": [
                {"moment": 1, "category": "Mixing"},
                {"moment": 2, "category": "mixing"},
                {"moment": 2, "category": "mastering"},
                {"moment": 3, "category": "cooking"},
                {"moment": 9, "category": "mixing"},
            ]
        }
    )
    part = usable_part(CLASSES, Completion(f"<think>hm</think>```json\n{text}\n```"))
    assert part is not None
    kept, rest = part
    assert [answer.moment for answer in kept.classes] == [1]
    assert rest.given == ClassificationInput(
        video=video(), taxonomy=small_taxonomy(), numbers=(2, 3), moments=SAID[1:]
    )


def test_nothing_is_usable_where_there_is_nothing() -> None:
    assert usable_part(CLASSES, Completion("none")) is None
    assert usable_part(CLASSES, Completion(classes(1, 2, 3))) is None
    assert usable_part(TOPICS, Completion(SOUND)) is None


# Noise -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{" * 2**20,
        '{"a":' * 100_000,
        '{"a":[' * 100_000,
        "[" * 100_000,
        '{"topics": ' + "[" * 100_000,
        '{"topics": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"' + "x" * 2**20,
        '{"topics": [{"first_segment": ' + "9" * 100_000 + "}]}",
        "}" * 2**20,
        "\\" * 2**20,
        "\x00\x01\ufffd" * 1000,
    ],
    ids=lambda text: text[:12],
)
def test_noise_is_not_json(text: str) -> None:
    assert type(refused(text)) is ReplyNotJson


@pytest.mark.parametrize("depth", [10, 500, 900])
def test_sound_json_that_is_nested_for_nothing_is_misshapen(depth: int) -> None:
    failure = refused('{"topics": ' + "[" * depth + "]" * depth + "}")
    assert isinstance(failure, ReplyMisshapen | ReplyNotJson)


@pytest.mark.parametrize(
    "noise",
    [
        lambda n: "<think>" * (n // 7),
        lambda n: "</think>" * (n // 8),
        lambda n: "<think>" * (n // 14) + "</think>" * (n // 16),
    ],
    ids=["opened", "closed", "both"],
)
def test_reading_thoughts_takes_time_in_proportion_to_their_length(
    noise: Callable[[int], str],
) -> None:
    """In the one loop that all calls share, so a reply that is slow to read stops every video."""
    started = time.process_time()
    refused(noise(70_000))
    assert time.process_time() - started < 1.0


@given(st.text() | st.text(st.sampled_from('{}[]":,\\ <>/think0123456789eE.-'), max_size=60))
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ReplyRefused):
        read_reply(TOPICS, Completion(text))
    assert json_object(text) is None or "{" in text
