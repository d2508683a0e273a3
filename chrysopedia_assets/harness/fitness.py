"""What a model is fit for: it is asked the battery's questions, and each task needs certain properties of it.

What belongs here: asking, what a reply is worth, the verdict for each task. What does not: the questions (`battery.py`),
which model and server (`chrysopedia_assets.cli.fitness`).

A property without any reply of use makes a model unfit for the tasks that need it; one that did not always hold makes it
a risk there, since the gates refuse what is wrong and every retry is paid for.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from chrysopedia_assets.engines.llm.reading import read_reply, without_thoughts
from chrysopedia_assets.errors import EndpointFailed, ReplyRefused, RequestRejected
from chrysopedia_assets.harness.battery import Trial, system
from chrysopedia_assets.harness.probing import Probe
from chrysopedia_assets.harness.side_by_side import side_by_side
from chrysopedia_assets.models.calls import (
    Completion,
    Label,
    Message,
    Request,
    estimated_tokens,
)
from chrysopedia_assets.models.prompts import TASKS, PromptSettings, Task
from chrysopedia_assets.models.records import content_hash
from resources.clients.llm.caller import Judge, Reply

AskOnce = Callable[[Request, Label, Judge], Reply]
Verdict = Literal["fit", "risky", "not fit"]
WORSE: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Outcome:
    """Of one question. `usable` is a reply that a stage could work with, or mend by asking again; `why` it did not pass."""

    passed: bool
    usable: bool
    why: str = ""
    tokens: int | None = None
    seconds: float = 0.0
    cost_usd: float | None = None


@dataclass(frozen=True)
class Result:
    trial: Trial
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> int:
        return sum(outcome.passed for outcome in self.outcomes)

    @property
    def why(self) -> str:
        return "; ".join(dict.fromkeys(one.why for one in self.outcomes if not one.passed))

    @property
    def verdict(self) -> Verdict:
        if not any(outcome.usable for outcome in self.outcomes):
            return "not fit"
        return "fit" if self.passed == len(self.outcomes) else "risky"


@dataclass(frozen=True)
class Fitness:
    task: Task
    verdict: Verdict
    why: tuple[str, ...] = ()


def tokens_to_read(trials: list[Trial]) -> int:
    """About, before anything is asked."""
    texts = [probe.text for trial in trials for probe in trial.probes]
    return sum(estimated_tokens(system() + text) for text in texts)


def try_model(
    trials: list[Trial], settings: PromptSettings, extra: Mapping[str, Any], ask: AskOnce
) -> Iterator[Result]:
    """Each trial when it is done. Raises ChrysopediaError when the first question gets no answer from the server:
    then it is not the model that is tried.
    """

    def one(trial: Trial, probe: Probe[Any]) -> Outcome:
        return _outcome(trial, probe, _request(probe, settings, extra), settings, ask)

    first, *others = trials
    opening = first.probes[0]
    known = {id(opening): one(first, opening)}  # alone: the server's manners are learned from it
    with side_by_side("probe") as threads:
        begun = [
            (trial, [threads.submit(_or_unanswered, one, trial, p) for p in _left(trial, known)])
            for trial in (first, *others)
        ]
        for trial, waiting in begun:
            done = [*(known.values() if trial is first else ()), *(w.result() for w in waiting)]
            yield Result(trial, tuple(done))


def _left(trial: Trial, known: Mapping[int, Outcome]) -> list[Probe[Any]]:
    return [probe for probe in trial.probes if id(probe) not in known]


def _or_unanswered(
    one: Callable[[Trial, Probe[Any]], Outcome], trial: Trial, probe: Probe[Any]
) -> Outcome:
    """A request that gets no answer counts against the model; a key or name that is wrong is raised."""
    try:
        return one(trial, probe)
    except (EndpointFailed, RequestRejected) as failure:
        return Outcome(passed=False, usable=False, why=f"{probe.about}: {failure.what}")


def _request(probe: Probe[Any], settings: PromptSettings, extra: Mapping[str, Any]) -> Request:
    return Request(
        model=settings.model or "",
        messages=(
            Message(role="system", content=system()),
            Message(role="user", content=probe.text),
        ),
        schema_name="check",
        reply_schema=probe.reply.model_json_schema(),
        max_output_tokens=settings.max_output_tokens,
        temperature=settings.temperature,
        thinks=settings.thinks,
        extra=dict(extra),
    )


def _outcome(
    trial: Trial, probe: Probe[Any], request: Request, settings: PromptSettings, ask: AskOnce
) -> Outcome:
    version = content_hash(system(), probe.text)
    label = Label("check", probe.given.video.video_id, probe.about, version, settings.timeout_s)
    reply = ask(request, label, lambda completion: _refusal(trial, probe, completion))
    failure, spent = reply.failure, reply.completion
    known = spent.tokens_in is not None and spent.tokens_out is not None
    # A plain ReplyRefused has the shape that was asked for, and breaks the question's rules.
    shaped = failure is None or type(failure) is ReplyRefused
    return Outcome(
        passed=failure is None,
        usable=failure is None or (shaped and trial.strict != "its rules"),
        why=failure.what.removeprefix(f"{probe.task} of ") if failure else "",
        tokens=(spent.tokens_in or 0) + (spent.tokens_out or 0) if known else None,
        seconds=reply.latency_s,
        cost_usd=reply.cost_usd,
    )


def _refusal(trial: Trial, probe: Probe[Any], completion: Completion) -> ReplyRefused | None:
    try:
        read_reply(probe, completion)
    except ReplyRefused as failure:
        return failure
    if trial.strict == "only JSON" and not _is_bare(completion):
        return ReplyRefused(f"{probe.task} of {probe.about}: there is text around the JSON")
    return None


def _is_bare(completion: Completion) -> bool:
    """Thoughts are no text of the reply: what a stage reads comes without them."""
    try:
        return isinstance(json.loads(without_thoughts(completion.text)), dict)
    except ValueError:
        return False


def fitness(results: list[Result]) -> list[Fitness]:
    """For each task, by what is worst of all that it needs."""
    found = []
    for task in TASKS:
        needed = [result for result in results if task in result.trial.of_tasks]
        verdicts = {result.verdict for result in needed}
        worst = max(verdicts, key=WORSE.index)
        whys = [_told(result) for result in needed if result.verdict == worst != "fit"]
        found.append(Fitness(task, worst, tuple(whys)))
    return found


def _told(result: Result) -> str:
    told = f"{result.trial.name} {result.passed} of {len(result.outcomes)}"
    cure = result.trial.cure if result.verdict == "not fit" else ""
    return f"{told} ({cure})" if cure else told
