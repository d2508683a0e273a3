"""The `Ask` port answered by a language model: every question a conversation, all of them at the same time.

What belongs here: what to do about a reply that is no use. A retry always changes something: more room, fewer items,
what was wrong with the last reply. What does not: transport, the ledger (`call` does both).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

from chrysopedia_assets.engines.llm.reading import read_reply, usable_part, without_thoughts
from chrysopedia_assets.engines.llm.variables import variables
from chrysopedia_assets.errors import (
    ChrysopediaError,
    ConfigurationError,
    PromptTooLong,
    ReplyDeclined,
    ReplyEmpty,
    ReplyRefused,
    ReplyShort,
    ReplyTruncated,
    RequestRejected,
)
from chrysopedia_assets.models.calls import Completion, Label, Message, Request, estimated_tokens
from chrysopedia_assets.models.prompts import PromptName, PromptSettings
from chrysopedia_assets.models.records import Record
from chrysopedia_assets.stages.ports import Answers, Question, ReplyT

TRIES = 3
"""Of one question, as it is asked; a part of it has its own."""
MAX_REPEATED_CHARS = 20_000
"""A refused reply up to this length is shown to the model again, with what is wrong with it."""
PLEA = (
    "You did not answer. This is the transcript of a public tutorial video; nothing is asked but to index what is"
    " taught in it. Answer with the JSON object."
)

ResultT = TypeVar("ResultT")


class Prompt(Protocol):
    """What the engine needs of a prompt: the filled texts, how to ask, and the version to record."""

    @property
    def settings(self) -> PromptSettings: ...
    @property
    def version(self) -> str: ...
    def texts(self, values: Mapping[str, str]) -> tuple[str, str]: ...


class Answered(Protocol):
    """What came back for one request: what the judge has against it, who answered, whether it cost anything."""

    @property
    def completion(self) -> Completion: ...
    @property
    def failure(self) -> ReplyRefused | None: ...
    @property
    def model(self) -> str: ...
    @property
    def paid(self) -> bool: ...


class Call(Protocol):
    """Gets one request answered. Raises EndpointFailed or ConfigurationError."""

    def __call__(
        self,
        request: Request,
        label: Label,
        judge: Callable[[Completion], ReplyRefused | None],
        *,
        run_id: str | None,
        reuse: bool,
    ) -> Awaitable[Answered]: ...


@dataclass
class LlmEngine:
    """For one run. `wait` runs a coroutine in the loop where `call` lives; `fresh` takes no reply from the ledger.

    `sample` is which of several answers to the same questions is wanted.
    """

    prompts: Mapping[PromptName, Prompt]
    call: Call
    wait: Callable[[Coroutine[Any, Any, Any]], Any]
    retries_per_video: int
    extra: Mapping[str, Any] = field(default_factory=dict)
    run_id: str | None = None
    fresh: bool = False
    sample: int = 0
    _retries: Counter[str] = field(default_factory=Counter)
    _begun: dict[tuple[str, ...], "asyncio.Task[_Told[Any]]"] = field(default_factory=dict)

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
        """All at once. One that fails does not stop the others: what they cost is not lost, their replies are kept."""
        told = self.wait(self._all(questions))
        models = {model for answer in told for model in answer.models}
        return Answers(
            [answer.reply for answer in told],
            made_by=", ".join(sorted(models)) or "no model: nothing to ask",
        )

    async def _all(self, questions: Sequence[Question[ReplyT]]) -> "list[_Told[ReplyT]]":
        work = [self.answer(question) for question in questions]
        return await all_of(work, tell_how_many=True)

    async def answer(self, question: Question[ReplyT]) -> "_Told[ReplyT]":
        """The same question is asked once in a run, however often it is put. Raises the ChrysopediaError of its last try."""
        texts = self.prompts[question.task].texts(variables(question.given))
        key = (question.task, *texts)
        if key not in self._begun:
            self._begun[key] = asyncio.create_task(self._answer(question, texts))
            self._begun[key].add_done_callback(_heard)
        return await asyncio.shield(self._begun[key])

    async def _answer(self, question: Question[ReplyT], texts: tuple[str, str]) -> "_Told[ReplyT]":
        conversation = _Conversation(self, question, texts, reuse=not self.fresh)
        try:
            return _Told(await conversation.reply(), conversation.models)
        except ReplyRefused:
            if conversation.paid:
                raise
        # All of it was told to an earlier run already, and no use: whoever runs it again wants it asked again.
        again = _Conversation(self, question, texts, reuse=False)
        return _Told(await again.reply(), again.models)

    def spend_retry(self, video_id: str, failure: ReplyRefused) -> None:
        """Raises the failure when the video has used up its retries: what is said in it must not buy calls for ever."""
        self._retries[video_id] += 1
        if self._retries[video_id] > self.retries_per_video:
            raise type(failure)(
                f"{failure.what} (and all {self.retries_per_video} retries of this video are used up)",
                where=failure.where,
                cure=failure.cure,
            ) from failure


@dataclass(frozen=True)
class _Told(Generic[ReplyT]):
    """A usable reply, and the models that took part in it."""

    reply: ReplyT
    models: set[str]


class _Conversation(Generic[ReplyT]):
    """One question, put up to three times."""

    def __init__(
        self,
        engine: LlmEngine,
        question: Question[ReplyT],
        texts: tuple[str, str],
        *,
        reuse: bool,
    ) -> None:
        self._engine, self._question, self._texts, self._reuse = engine, question, texts, reuse
        self._prompt = engine.prompts[question.task]
        self._budget = self._prompt.settings.max_output_tokens
        self._said: tuple[Message, ...] = ()
        self.paid = False
        self.models: set[str] = set()
        self._last: ReplyRefused | None = None

    async def reply(self) -> ReplyT:
        system, user = self._texts
        halves = self._question.halves()
        if halves and estimated_tokens(system + user) > self._prompt.settings.max_input_tokens:
            return await self._joined(halves)
        opening = (Message(role="system", content=system), Message(role="user", content=user))
        number = 1
        while True:
            judge = _Judge(self._question)
            try:
                answered = await self._ask(opening + self._said, judge, number)
            except (PromptTooLong, RequestRejected) as failure:
                return await self._narrower(failure)
            self._last = answered.failure
            if self._last is None:
                return judge.reply
            if answered.paid:
                self._engine.spend_retry(self._question.given.video.video_id, self._last)
            if isinstance(self._last, ReplyShort):
                return await self._completed(answered.completion)
            if isinstance(self._last, ReplyTruncated) and halves and number > 1:
                return await self._joined(halves)
            if number == TRIES:
                raise self._to_be_read(self._last)
            self._change(self._last, answered.completion)
            number += 1

    def _to_be_read(self, failure: ReplyRefused) -> ReplyRefused:
        """The failure, with where to read what the model was asked and what it said."""
        about = f"--task {self._question.task} --video {self._question.given.video.video_id}"
        cure = f"{failure.cure} What was asked and answered: chrysopedia calls list {about}".strip()
        return type(failure)(failure.what, where=failure.where, cure=cure)

    async def _narrower(self, failure: PromptTooLong | RequestRejected) -> ReplyT:
        """After a request that is more than the model has room for: a long prompt, or a budget that was widened."""
        widened = self._budget > self._prompt.settings.max_output_tokens
        if not (widened or isinstance(failure, PromptTooLong)):
            raise failure
        if halves := self._question.halves():
            return await self._joined(halves)
        raise self._last or failure

    def _change(self, failure: ReplyRefused, completion: Completion) -> None:
        """What is different in the next try."""
        if isinstance(failure, ReplyTruncated | ReplyEmpty):
            self._budget *= 2
        elif isinstance(failure, ReplyDeclined):
            self._said += (Message(role="user", content=PLEA),)
        else:
            said = without_thoughts(completion.text)[:MAX_REPEATED_CHARS]
            wrong = f"This cannot be used: {failure.what}. Answer again, completely, with one JSON object."
            self._said += (
                Message(role="assistant", content=said),
                Message(role="user", content=wrong),
            )

    async def _ask(
        self, messages: tuple[Message, ...], judge: "_Judge[ReplyT]", number: int
    ) -> Answered:
        settings, question = self._prompt.settings, self._question
        request = Request(
            model=settings.model or "",
            messages=messages,
            schema_name=question.task,
            reply_schema=_schema(question.reply),
            max_output_tokens=self._budget,
            temperature=settings.temperature,
            thinks=settings.thinks,
            extra=dict(self._engine.extra),
            sample=self._engine.sample,
        )
        label = Label(
            task=question.task,
            video_id=question.given.video.video_id,
            subject=question.subject,
            prompt_version=self._prompt.version,
            timeout_s=settings.timeout_s,
            tried=number,
        )
        answered = await self._engine.call(
            request, label, judge, run_id=self._engine.run_id, reuse=self._reuse
        )
        self.paid = self.paid or answered.paid
        self.models.add(answered.model)
        return answered

    async def _joined(self, parts: Sequence[Question[ReplyT]]) -> ReplyT:
        return self._question.joined(await self._parts(parts))

    async def _completed(self, completion: Completion) -> ReplyT:
        """What a short reply has, with what it lacks asked for by itself."""
        part = usable_part(self._question, completion)
        assert part is not None, "a reply is short only where its rest can be asked for"
        kept, rest = part
        return self._question.joined([kept, *await self._parts([rest])])

    async def _parts(self, parts: Sequence[Question[ReplyT]]) -> list[ReplyT]:
        self.paid = True  # each part sees to itself whether it has to be asked anew
        told = await all_of([self._engine.answer(part) for part in parts])
        for answer in told:
            self.models |= answer.models
        return [answer.reply for answer in told]


class _Judge(Generic[ReplyT]):
    """Reads a completion as the reply to a question, and keeps what it read."""

    reply: ReplyT

    def __init__(self, question: Question[ReplyT]) -> None:
        self._question = question

    def __call__(self, completion: Completion) -> ReplyRefused | None:
        try:
            self.reply = read_reply(self._question, completion)
        except ReplyRefused as failure:
            return failure
        return None


def _heard(task: "asyncio.Task[Any]") -> None:
    """Whoever waited may be gone; asyncio would complain of a failure that nobody asked for."""
    if not task.cancelled():
        task.exception()


@cache
def _schema(reply: type[Record]) -> dict[str, Any]:
    return reply.model_json_schema()


async def all_of(
    work: Sequence[Coroutine[Any, Any, ResultT]], *, tell_how_many: bool = False
) -> list[ResultT]:
    """Every result, or, when all have ended, the failure that says most: a wrong setting before a bad reply."""
    done = await asyncio.gather(*work, return_exceptions=True)
    failures = [result for result in done if isinstance(result, BaseException)]
    if not failures:
        return [result for result in done if not isinstance(result, BaseException)]
    for kind in (ConfigurationError, ChrysopediaError):
        for failure in failures:
            if isinstance(failure, kind) and len(done) > 1 and tell_how_many:
                more = f"{failure.what} ({len(failures)} of {len(done)} calls of this stage failed)"
                raise type(failure)(more, where=failure.where, cure=failure.cure) from failure
    raise failures[0]
