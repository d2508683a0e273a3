"""What the engine does about each reply that is no use: every retry changes something, and there is an end to them.

What belongs here: conversations with a scripted `call`. What does not: servers, the ledger (`tests/clients`).
"""

import asyncio
import json
import random
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chrysopedia_assets.engines.llm.engine import MAX_REPEATED_CHARS, PLEA, TRIES, LlmEngine, Prompt
from chrysopedia_assets.errors import (
    AccessDenied,
    ChrysopediaError,
    ModelNotFound,
    PromptTooLong,
    RateLimited,
    ReplyDeclined,
    ReplyEmpty,
    ReplyMisshapen,
    ReplyNotJson,
    ReplyRefused,
    ReplyTruncated,
    ServerFailed,
)
from chrysopedia_assets.models.calls import Completion, Label, Request, estimated_tokens
from chrysopedia_assets.models.prompts import TASKS, PromptSettings, Task
from chrysopedia_assets.models.transcripts import Segment
from chrysopedia_assets.stages.classifications import ClassificationInput, ClassificationQuestion
from chrysopedia_assets.stages.key_moments import ExtractionInput, ExtractionQuestion
from chrysopedia_assets.stages.technique_pages import SynthesisInput, SynthesisQuestion
from chrysopedia_assets.stages.topic_chunks import (
    MIN_HALVED_SEGMENTS,
    SegmentationInput,
    SegmentationQuestion,
)
from tests.builders import grouped, moment, small_taxonomy, video

NUMBER = re.compile(r'^(?:\[|\{"number": )(\d+)', re.MULTILINE)
ROOM = 1000
"""The output budget that a conversation begins with."""

BAD: dict[type[ReplyRefused], Completion] = {
    ReplyTruncated: Completion('{"', "length"),
    ReplyEmpty: Completion("<think>"),
    ReplyDeclined: Completion("", refusal="I will not."),
    ReplyNotJson: Completion("It has three parts."),
    ReplyMisshapen: Completion('{"result": "ok"}'),
    ReplyRefused: Completion('{"classes": [{"moment": 99, "category": "mixing"}]}'),
}


@dataclass(frozen=True)
class Sent:
    request: Request
    label: Label
    run_id: str | None
    reuse: bool

    @property
    def numbers(self) -> list[int]:
        """Of the items that are asked about."""
        return [int(number) for number in NUMBER.findall(self.request.messages[1].content)]

    @property
    def later(self) -> list[tuple[str, str]]:
        """What the conversation has beyond its opening."""
        return [(m.role, m.content) for m in self.request.messages[2:]]


@dataclass(frozen=True)
class Got:
    completion: Completion
    failure: ReplyRefused | None
    model: str
    paid: bool


Script = Callable[[Sent], Completion | Exception]


@dataclass
class Model:
    """Answers as scripted, and keeps replies as the ledger does: an identical request costs nothing."""

    script: Script
    name: Callable[[Sent], str] = lambda sent: "model-a"
    pause: Callable[[Sent], int] = lambda sent: 0
    ledger: dict[str, Completion] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    paid: list[Sent] = field(default_factory=list)
    done: list[Sent] = field(default_factory=list)

    async def __call__(
        self,
        request: Request,
        label: Label,
        judge: Callable[[Completion], ReplyRefused | None],
        *,
        run_id: str | None,
        reuse: bool,
    ) -> Got:
        sent = Sent(request, label, run_id, reuse)
        self.sent.append(sent)
        for _ in range(self.pause(sent)):
            await asyncio.sleep(0)
        kept = self.ledger.get(request.key) if reuse else None
        if kept is None:
            self.paid.append(sent)
        said = kept or self.script(sent)
        self.done.append(sent)
        if isinstance(said, Exception):
            raise said
        self.ledger[request.key] = said
        return Got(said, judge(said), self.name(sent), paid=kept is None)


@dataclass(frozen=True)
class PlainPrompt:
    """The variables and nothing else."""

    settings: PromptSettings
    version: str = "v1"

    def texts(self, values: Mapping[str, str]) -> tuple[str, str]:
        return "Answer.", values.get("transcript") or values["moments"]


def engine_of(
    model: Model, *, retries: int = 99, fresh: bool = False, **changes: object
) -> LlmEngine:
    asked = PromptSettings.model_validate({"model": "m", "max_output_tokens": ROOM} | changes)
    prompts: dict[Task, Prompt] = {task: PlainPrompt(asked) for task in TASKS}

    def wait(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(work)

    return LlmEngine(
        prompts=prompts, call=model, wait=wait, retries_per_video=retries, run_id="run-1", fresh=fresh
    )  # fmt: skip


def scripted(*said: Completion | Exception) -> Script:
    """These in turn, the last one for ever."""
    left = list(said)
    return lambda sent: left.pop(0) if len(left) > 1 else left[0]


def sound(sent: Sent) -> Completion:
    """A reply that any question of its task accepts."""
    numbers = sent.numbers
    match sent.label.task:
        case "segmentation":
            reply = {"topics": [{"first_segment": numbers[0], "label": "L", "summary": "s"}]}
        case "extraction":
            reply = {"moments": []}
        case "classification":
            reply = {"classes": [{"moment": n, "category": "mixing"} for n in numbers]}
        case "synthesis":
            reply = {"pages": [page(numbers)], "unused": []}
    return Completion(json.dumps(reply))


def page(numbers: Sequence[int]) -> dict[str, Any]:
    section = {"title": "At 300 Hz", "body": "".join(f"[{n}]" for n in numbers)}
    return {
        "title": f"Page of {len(numbers)}", "summary": "s", "moments": numbers,
        "source_quality": "mixed", "sections": [section],
    }  # fmt: skip


def unless(bad: Callable[[Sent], bool], said: Completion | Exception) -> Script:
    return lambda sent: said if bad(sent) else sound(sent)


def classes(count: int = 1, *, first: int = 0, video_id: str = "v") -> ClassificationQuestion:
    numbers = tuple(range(first, first + count))
    return ClassificationQuestion(
        ClassificationInput(
            video=video().model_copy(update={"video_id": video_id}),
            taxonomy=small_taxonomy(),
            numbers=numbers,
            moments=tuple(moment(f"Moment {n}", f"said {n}", number=n) for n in numbers),
        )
    )


def topics(count: int, first: int = 0) -> SegmentationQuestion:
    return SegmentationQuestion(
        SegmentationInput(video=video(), first_segment=first, segments=spoken(count))
    )


def spoken(count: int) -> tuple[Segment, ...]:
    return tuple(Segment(start_s=n, end_s=n + 1, text=f"said {n}") for n in range(count))


def pages(count: int) -> SynthesisQuestion:
    numbers = tuple(range(1, count + 1))
    moments = grouped(*(moment(f"Moment {n}", f"said {n}", number=n) for n in numbers))
    return SynthesisQuestion(
        SynthesisInput(
            video=video(), group_id="g", category="mixing", numbers=numbers, moments=moments
        )
    )


def moments_of(count: int) -> ExtractionQuestion:
    return ExtractionQuestion(
        ExtractionInput(
            video=video(), label="L", summary="s", first_segment=0, segments=spoken(count)
        )
    )


def placed(reply: Any) -> list[int]:
    return [n for draft in reply.pages for n in draft.moments]


# What is sent ------------------------------------------------------------------------------------


def test_a_request_has_all_that_decides_the_reply_and_a_label_what_it_is_for() -> None:
    model = Model(sound)
    engine = engine_of(model, temperature=0.2, thinks=True, timeout_s=7)
    engine.extra = {"seed": 1}
    engine([classes(2, first=20)])
    [sent] = model.sent
    request = sent.request
    assert [m.role for m in request.messages] == ["system", "user"]
    assert (request.model, request.schema_name, request.max_output_tokens) == (
        "m", "classification", ROOM,
    )  # fmt: skip
    assert (request.temperature, request.thinks, request.extra) == (0.2, True, {"seed": 1})
    assert request.reply_schema == ClassificationQuestion.reply.model_json_schema()
    assert sent.label == Label(
        task="classification", video_id="v", subject="moments 20, 21", prompt_version="v1", timeout_s=7, tried=1,
    )  # fmt: skip
    assert sent.run_id == "run-1"


# What each retry changes -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ReplyTruncated, ReplyEmpty])
def test_a_reply_that_had_no_room_gets_twice_the_room_and_no_other_words(
    kind: type[ReplyRefused],
) -> None:
    model = Model(unless(lambda sent: sent.label.tried < 3, BAD[kind]))
    engine_of(model)([classes()])
    assert [s.request.max_output_tokens for s in model.sent] == [ROOM, 2 * ROOM, 4 * ROOM]
    assert [s.label.tried for s in model.sent] == [1, 2, 3]
    assert [s.later for s in model.sent] == [[], [], []]


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (ReplyNotJson, "there is no JSON object in the reply"),
        (ReplyMisshapen, "result: Extra inputs are not permitted"),
        (ReplyRefused, "there are no moments [99]"),
    ],
)
def test_a_wrong_reply_is_shown_to_the_model_with_what_is_wrong(
    kind: type[ReplyRefused], complaint: str
) -> None:
    wrong = Completion(f"<think>hm</think>{BAD[kind].text}")
    model = Model(unless(lambda sent: sent.label.tried == 1, wrong))
    engine_of(model)([classes()])
    [_, (shown, told)] = [s.later for s in model.sent]
    assert shown == ("assistant", BAD[kind].text)
    assert told[0] == "user" and complaint in told[1]
    assert model.sent[1].request.max_output_tokens == ROOM


def test_of_a_very_long_wrong_reply_the_beginning_is_shown() -> None:
    wrong = Completion("x" * (2 * MAX_REPEATED_CHARS))
    model = Model(unless(lambda sent: sent.label.tried == 1, wrong))
    engine_of(model)([classes()])
    assert len(model.sent[1].later[0][1]) == MAX_REPEATED_CHARS


def test_a_model_that_declines_is_told_what_this_is() -> None:
    model = Model(unless(lambda sent: sent.label.tried == 1, BAD[ReplyDeclined]))
    engine_of(model)([classes()])
    assert [s.later for s in model.sent] == [[], [("user", PLEA)]]


@pytest.mark.parametrize("fresh", [False, True], ids=["reusing", "fresh"])
@pytest.mark.parametrize("kind", BAD)
def test_a_fault_that_stays_is_asked_about_three_times_and_never_in_the_same_words(
    kind: type[ReplyRefused], fresh: bool
) -> None:
    model = Model(scripted(BAD[kind]))
    with pytest.raises(kind) as caught:
        engine_of(model, fresh=fresh)([classes()])
    assert type(caught.value) is kind
    assert len(model.sent) == TRIES == 3
    assert len({s.request.key for s in model.sent}) == TRIES


def test_faults_of_several_kinds_share_the_three_tries() -> None:
    said = [BAD[ReplyTruncated], BAD[ReplyMisshapen], BAD[ReplyDeclined], Completion("never asked")]
    model = Model(scripted(*said))
    with pytest.raises(ReplyDeclined):
        engine_of(model)([classes()])
    assert [s.request.max_output_tokens for s in model.sent] == [ROOM, 2 * ROOM, 2 * ROOM]


# Dividing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [classes(4), pages(4), moments_of(4), topics(8)])
def test_a_reply_cut_off_twice_is_asked_for_in_halves(question: Any) -> None:
    whole = Model(sound)
    engine_of(whole)([question])
    count = len(whole.sent[0].numbers)
    model = Model(unless(lambda sent: len(sent.numbers) == count, BAD[ReplyTruncated]))
    [reply] = engine_of(model)([question]).replies
    assert [len(s.numbers) for s in model.sent[:2]] == [count, count]
    assert {n for s in model.sent[2:] for n in s.numbers} == set(whole.sent[0].numbers)
    assert [s.label.tried for s in model.sent] == [1, 2, 1, 1]
    assert [s.request.max_output_tokens for s in model.sent[2:]] == [ROOM, ROOM]
    assert question.complaints(reply) == []


def test_a_prompt_that_the_server_finds_too_long_is_asked_in_halves_of_halves() -> None:
    model = Model(unless(lambda sent: len(sent.numbers) > 2, PromptTooLong("8000 tokens")))
    [reply] = engine_of(model)([pages(8)]).replies
    assert placed(reply) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [len(s.numbers) for s in model.sent].count(2) == 4


def test_what_cannot_be_divided_is_too_long_once() -> None:
    model = Model(scripted(PromptTooLong("8000 tokens")))
    with pytest.raises(PromptTooLong):
        engine_of(model)([classes(1)])
    assert len(model.sent) == 1


def test_a_prompt_that_is_too_long_by_our_own_estimate_is_never_sent() -> None:
    question = classes(20)
    model = Model(sound)
    [reply] = engine_of(model, max_input_tokens=500)([question]).replies
    texts = ["".join(m.content for m in s.request.messages) for s in model.sent]
    assert len(texts) > 1 and max(map(estimated_tokens, texts)) <= 500
    assert question.complaints(reply) == []


def test_an_undividable_prompt_is_sent_however_long_we_think_it_is() -> None:
    long = ClassificationQuestion(
        classes().given.model_copy(update={"moments": (moment("T", "word " * 390, number=0),)})
    )
    model = Model(sound)
    engine_of(model, max_input_tokens=500)([long])
    assert len(model.sent) == 1


# Short replies -----------------------------------------------------------------------------------


def test_only_the_missing_moments_are_asked_about_again() -> None:
    part = Completion('{"classes": [{"moment": 1, "category": "mastering"}]}')
    model = Model(unless(lambda sent: len(sent.numbers) == 3, part))
    [reply] = engine_of(model)([classes(3)]).replies
    assert [s.numbers for s in model.sent] == [[0, 1, 2], [0, 2]]
    assert {c.moment: c.category for c in reply.classes} == {
        0: "mixing", 1: "mastering", 2: "mixing",
    }  # fmt: skip


def test_moments_that_pages_left_out_get_pages_of_their_own() -> None:
    part = Completion(json.dumps({"pages": [page([1, 3])]}))
    model = Model(unless(lambda sent: len(sent.numbers) == 4, part))
    [reply] = engine_of(model)([pages(4)]).replies
    assert [s.numbers for s in model.sent] == [[1, 2, 3, 4], [2, 4]]
    assert [draft.moments for draft in reply.pages] == [(1, 3), (2, 4)]


def test_a_model_that_answers_one_at_a_time_is_asked_until_all_are_answered() -> None:
    def first_only(sent: Sent) -> Completion:
        return Completion(
            json.dumps({"classes": [{"moment": sent.numbers[0], "category": "mixing"}]})
        )

    model = Model(first_only)
    [reply] = engine_of(model)([classes(5)]).replies
    assert [c.moment for c in reply.classes] == [0, 1, 2, 3, 4]
    assert [len(s.numbers) for s in model.sent] == [5, 4, 3, 2, 1]


# The retry budget --------------------------------------------------------------------------------


def test_a_video_that_has_used_up_its_retries_gets_no_more() -> None:
    model = Model(scripted(BAD[ReplyNotJson]))
    with pytest.raises(ReplyNotJson) as caught:
        engine_of(model, retries=2)([classes(first=n) for n in range(5)])
    assert "all 2 retries of this video are used up" in caught.value.what
    assert caught.value.cure
    assert len(model.sent) == 5 + 2


def test_another_video_has_retries_of_its_own() -> None:
    model = Model(unless(lambda sent: sent.label.tried < 3, BAD[ReplyNotJson]))
    engine = engine_of(model, retries=2)
    engine([classes(video_id="a"), classes(first=1, video_id="b")])
    with pytest.raises(ReplyNotJson, match="used up"):
        engine([classes(first=2, video_id="a")])
    with pytest.raises(ReplyNotJson, match="used up"):
        engine([classes(first=3, video_id="b")])


def test_retries_that_an_earlier_run_paid_for_are_not_counted_again() -> None:
    """Else a video with many of them stops at the same place in every run, with work still to do."""
    model = Model(unless(lambda sent: sent.label.tried < 3, BAD[ReplyNotJson]))
    questions = [classes(first=n) for n in range(3)]
    engine_of(model, retries=6)(questions)
    again = engine_of(model, retries=0)(questions)
    assert len(model.paid) == 9
    assert [reply.classes[0].moment for reply in again.replies] == [0, 1, 2]


# Many questions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_replies_come_in_the_order_of_their_questions_whichever_is_first(seed: int) -> None:
    order = random.Random(seed)
    model = Model(sound, pause=lambda sent: order.randrange(20))
    replies = engine_of(model)([classes(2, first=10 * n) for n in range(12)]).replies
    assert [reply.classes[0].moment for reply in replies] == [10 * n for n in range(12)]
    assert [s.numbers for s in model.done] != [s.numbers for s in model.sent]


def test_all_questions_are_asked_before_the_first_is_answered() -> None:
    seen: list[int] = []

    def script(sent: Sent) -> Completion:
        seen.append(len(model.sent))
        return sound(sent)

    model = Model(script, pause=lambda sent: 3)
    engine_of(model)([classes(first=n) for n in range(6)])
    assert seen == [6] * 6


def test_one_failure_does_not_stop_its_neighbours() -> None:
    def script(sent: Sent) -> Completion | Exception:
        if sent.numbers == [0]:
            return AccessDenied("401")
        return BAD[ReplyNotJson] if sent.label.tried < 3 else sound(sent)

    model = Model(script, pause=lambda sent: 0 if sent.numbers == [0] else 5)
    with pytest.raises(AccessDenied):
        engine_of(model)([classes(first=n) for n in range(3)])
    assert sorted(s.numbers for s in model.done) == [[0], [1], [1], [1], [2], [2], [2]]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_several_failures_the_one_about_a_setting_is_told_and_how_many_there_were(
    order: tuple[int, ...],
) -> None:
    failures = [ServerFailed("500"), ModelNotFound("no such model", cure="Set it."), None]
    by_number = {n: failures[place] for place, n in enumerate(order)}
    model = Model(lambda sent: by_number[sent.numbers[0]] or sound(sent))
    with pytest.raises(ModelNotFound) as caught:
        engine_of(model)([classes(first=n) for n in range(3)])
    assert caught.value.what.startswith("no such model (2 of 3 calls")
    assert caught.value.cure == "Set it."


def test_among_equals_the_first_question_is_the_one_that_is_told_of() -> None:
    failures: dict[int, ChrysopediaError] = {0: ServerFailed("500"), 1: RateLimited("429")}
    model = Model(lambda sent: failures[sent.numbers[0]], pause=lambda sent: 3 - sent.numbers[0])
    with pytest.raises(ServerFailed):
        engine_of(model)([classes(first=0), classes(first=1)])


def test_a_failure_of_one_question_is_told_as_it_is() -> None:
    failure = ServerFailed("500")
    with pytest.raises(ServerFailed) as caught:
        engine_of(Model(scripted(failure)))([classes()])
    assert caught.value is failure


def test_those_who_answered_are_named_once_and_in_order() -> None:
    model = Model(sound, name=lambda sent: ("b", "a", "b")[sent.numbers[0]])
    assert engine_of(model)([classes(first=n) for n in range(3)]).made_by == "a, b"


def test_nothing_is_asked_for_no_questions() -> None:
    model = Model(sound)
    nothing: list[ClassificationQuestion] = []
    answers = engine_of(model)(nothing)
    assert (list(answers.replies), model.sent) == ([], [])
    assert answers.made_by == "no model: nothing to ask"


# The ledger --------------------------------------------------------------------------------------


def test_a_fresh_run_takes_no_reply_from_the_ledger_not_even_for_parts() -> None:
    model = Model(unless(lambda sent: len(sent.numbers) > 1, BAD[ReplyTruncated]))
    engine_of(model)([classes(4)])
    calls = len(model.paid)
    assert all(s.reuse for s in model.sent)
    engine_of(model, fresh=True)([classes(4)])
    assert len(model.paid) == 2 * calls
    assert not any(s.reuse for s in model.sent[calls:])


def test_what_was_answered_before_costs_nothing() -> None:
    model = Model(unless(lambda sent: sent.label.tried < 3, BAD[ReplyMisshapen]))
    first = engine_of(model)([classes()])
    assert engine_of(model)([classes()]) == first
    assert len(model.paid) == 3


@pytest.mark.parametrize("kind", BAD)
def test_a_conversation_that_was_no_use_to_an_earlier_run_is_asked_anew_once(
    kind: type[ReplyRefused],
) -> None:
    model = Model(scripted(BAD[kind]))
    for calls in (3, 6, 9):
        with pytest.raises(kind):
            engine_of(model)([classes()])
        assert len(model.paid) == calls
    model.script = sound
    [reply] = engine_of(model)([classes()]).replies
    assert reply.classes[0].moment == 0
    assert len(model.paid) == 10


def test_a_failure_that_was_paid_for_in_this_run_is_not_asked_about_anew() -> None:
    model = Model(scripted(BAD[ReplyNotJson]))
    with pytest.raises(ReplyNotJson):
        engine_of(model)([classes()])
    assert len(model.paid) == len(model.sent) == 3


@pytest.mark.parametrize("said", [PromptTooLong("8000 tokens"), BAD[ReplyTruncated]])
def test_a_part_that_fails_is_not_asked_about_again_for_the_sake_of_the_whole(
    said: Completion | Exception,
) -> None:
    def script(sent: Sent) -> Completion | Exception:
        if len(sent.numbers) > 1:
            return said
        return BAD[ReplyNotJson] if sent.numbers == [5] else sound(sent)

    model = Model(script)
    with pytest.raises(ReplyNotJson):
        engine_of(model)([classes(8)])
    assert sum(s.numbers == [5] for s in model.paid) == TRIES
    assert sum(s.numbers == [2] for s in model.paid) == 1
    with pytest.raises(ReplyNotJson):
        engine_of(model)([classes(8)])
    assert sum(s.numbers == [5] for s in model.paid) == 2 * TRIES
    assert sum(s.numbers == [2] for s in model.paid) == 1


def test_the_rest_of_a_short_reply_that_fails_is_not_asked_about_twice() -> None:
    part = Completion('{"classes": [{"moment": 1, "category": "mixing"}]}')
    model = Model(lambda sent: part if len(sent.numbers) == 3 else BAD[ReplyNotJson])
    engine = engine_of(model)
    with pytest.raises(ReplyNotJson):
        engine([classes(3)])
    with pytest.raises(ReplyNotJson):
        engine_of(model)([classes(3)])
    assert [len(s.numbers) for s in model.paid] == [3] + [2] * 3 + [2] * 3


# Windows over a transcript -----------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 120), st.integers(0, 3), st.integers(30, 60), st.integers(0))
def test_any_sound_windows_give_a_sound_whole_whose_borders_one_of_them_told(
    count: int, first: int, limit: int, seed: int
) -> None:
    chosen = random.Random(seed)
    told: list[tuple[list[int], set[int]]] = []

    def script(sent: Sent) -> Completion | Exception:
        numbers = sent.numbers
        if len(numbers) > limit:
            return PromptTooLong("too many")
        borders = {numbers[0], *chosen.sample(numbers, chosen.randint(1, len(numbers)))}
        told.append((numbers, borders))
        found = [{"first_segment": n, "label": f"L{n}", "summary": "s"} for n in sorted(borders)]
        return Completion(json.dumps({"topics": found}))

    question = topics(count, first)
    [reply] = engine_of(Model(script))([question]).replies
    assert question.complaints(reply) == []
    assert {n for numbers, _ in told for n in numbers} == set(range(first, first + count))
    for topic in reply.topics:
        number = topic.first_segment
        assert any(number in borders for _, borders in told)


@pytest.mark.parametrize("count", [MIN_HALVED_SEGMENTS, 9, 41, 100])
def test_of_two_windows_each_tells_the_borders_on_its_own_side_of_the_cut(count: int) -> None:
    cut = count // 2

    def script(sent: Sent) -> Completion | Exception:
        if len(sent.numbers) == count:
            return PromptTooLong("too many")
        side = "before" if sent.numbers[0] == 0 else "after"
        found = [{"first_segment": n, "label": side, "summary": "s"} for n in sent.numbers]
        return Completion(json.dumps({"topics": found}))

    [reply] = engine_of(Model(script))([topics(count)]).replies
    sides = ["before"] * cut + ["after"] * (count - cut)
    assert [t.label for t in reply.topics] == sides
