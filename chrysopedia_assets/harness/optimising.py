"""A prompt made better by evolution: `gepa` searches, our stages run, our checks and judge score, our ledger pays.

What belongs here: the search, under our own adapter: candidates, scores, feedback, when to stop. What does not: who
answers (arguments), what is written of it (`leaderboard`), the budget's arithmetic (`purse`).

Every choice of the search depends on the seed and the number of the round alone, so that one which was killed and goes
on makes the same choices, and finds in the ledger what it has paid.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chrysopedia_assets.errors import (
    ChrysopediaError,
    ConfigurationError,
    ReplyRefused,
)
from chrysopedia_assets.harness.evaluating import Evaluated, Means, calls_of, evaluate
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.models.prompts import VARIABLES
from chrysopedia_assets.stages.reflecting import Example, ReflectingInput, ReflectingQuestion
from resources.clients.prompts import PromptTemplate

if TYPE_CHECKING:
    from gepa.core.adapter import EvaluationBatch
    from gepa.core.result import GEPAResult
    from gepa.core.state import GEPAState

SYSTEM = "system"
"""The one part of a prompt that is searched for: `system.md`."""
LEAST_FIXTURES = 3
BATCH = 3
"""Inputs that one round looks at."""
MOST_ROUNDS = 200
MOST_IDLE_ROUNDS = 6
"""In a row without a proposal: then there is nothing left to complain of."""
SHOWN_FEEDBACK = 12


@dataclass(frozen=True)
class Split:
    """`train` is what feedback is taken from, `validation` what candidates are chosen by; `hold_out` the search never sees."""

    train: tuple[Fixture, ...]
    validation: tuple[Fixture, ...]
    hold_out: tuple[Fixture, ...]

    @classmethod
    def of(cls, fixtures: Sequence[Fixture]) -> "Split":
        """By their ids, so that it is the same whatever they are called. Raises ConfigurationError for too few."""
        if len(fixtures) < LEAST_FIXTURES:
            raise ConfigurationError(
                f"there are only {len(fixtures)} fixtures: one each is needed to learn from, to choose by, and to be held out",
                cure=f"Export more videos: chrysopedia prompt export {fixtures[0].stage} VIDEO... --out FOLDER",
            )
        ordered = sorted(fixtures, key=lambda fixture: fixture.fixture_id)
        part = max(1, len(ordered) // 4)
        return cls(tuple(ordered[2 * part :]), tuple(ordered[part : 2 * part]), tuple(ordered[:part]))  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """`validation` is its mean there; `evaluations` how many there had been when it was found."""

    text: str
    validation: float
    parents: tuple[int, ...]
    evaluations: int


def search(split: Split, means: Means, folder: Path, seed: int, reserved: float) -> list[Candidate]:
    """The seed and every candidate that was kept, in the order in which they were found.

    `folder` holds the state of the search; `reserved` calls are left for what comes after it. Raises ChrysopediaError.
    """
    try:
        from gepa.api import optimize
        from gepa.strategies.candidate_selector import ParetoCandidateSelector
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "prompts are optimised with the package gepa, which is not installed",
            cure="pip install 'chrysopedia[optimize]'",
        ) from error

    class ByRound:
        """gepa's own selector, with a new source of chance for each round."""

        def select_candidate_idx(self, state: "GEPAState[Any, Any]") -> int:
            rng = random.Random(f"{seed} {state.i}")  # noqa: S311
            return int(ParetoCandidateSelector(rng=rng).select_candidate_idx(state))

    adapter = Adapter(split, means, reserved)
    result: GEPAResult[Any, Any] = optimize(
        seed_candidate={SYSTEM: means.prompt.system},
        trainset=list(split.train),
        valset=list(split.validation),
        adapter=adapter,  # type: ignore[arg-type]  # whose proposals are a method, not a field
        candidate_selection_strategy=ByRound(),
        batch_sampler=Batches(seed),
        stop_callbacks=adapter.is_over,
        logger=Silent(),
        run_dir=str(folder),
        callbacks=[Told(means, min(BATCH, len(split.train)))],  # type: ignore[list-item]  # only the events that are told
        track_best_outputs=False,
        seed=seed,
    )
    if adapter.failure:
        raise adapter.failure
    return [
        Candidate(text[SYSTEM], score, tuple(p for p in parents if p is not None), evaluations)
        for text, score, parents, evaluations in zip(
            result.candidates,
            result.val_aggregate_scores,
            result.parents,
            result.discovery_eval_counts,
            strict=True,
        )
    ]


def round_calls(split: Split, judges: bool) -> int:
    """The dearest round: a batch by parent and child, one reflection, the child on all of validation."""
    of_train = sorted((calls_of(fixture, judges) for fixture in split.train), reverse=True)
    return 2 * sum(of_train[:BATCH]) + 1 + sum(calls_of(f, judges) for f in split.validation)


@dataclass
class Adapter:
    """Between gepa's words and ours. `failure` is what ended the search before its time."""

    split: Split
    means: Means
    reserved: float
    failure: ChrysopediaError | None = None
    round: int = 0
    _idle: int = -1
    _proposed: bool = False
    _batch: list[Evaluated] = field(default_factory=list)

    def is_over(self, gepa_state: "GEPAState[Any, Any]") -> bool:
        """Asked before each round."""
        self.round = gepa_state.i + 1
        self._idle = 0 if self._proposed else self._idle + 1
        self._proposed = False
        if self.failure or self.round >= MOST_ROUNDS:
            return True
        if self._idle >= MOST_IDLE_ROUNDS:
            self.means.tell("Nothing is complained of any more: the search ends.")
            return True
        if not self.means.purse.has(round_calls(self.split, self.means.judges) + self.reserved):
            self.means.tell("Another round could exceed the budget: the search ends.")
            return True
        return False

    def evaluate(
        self, batch: list[Fixture], candidate: dict[str, str], capture_traces: bool = False
    ) -> "EvaluationBatch[Evaluated, dict[str, Any]]":
        try:
            found = evaluate(batch, candidate[SYSTEM], self.means)
        except ChrysopediaError as failure:
            self.failure = failure
            raise
        return _as_batch(found, with_traces=capture_traces)

    def make_reflective_dataset(
        self,
        candidate: dict[str, str],
        eval_batch: "EvaluationBatch[Evaluated, dict[str, Any]]",
        components_to_update: list[str],
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        self._batch = list(eval_batch.trajectories or ())
        shown = [{"fixture": one.fixture.name, "feedback": one.feedback} for one in self._batch]
        return dict.fromkeys(components_to_update, shown)

    def propose_new_texts(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        """gepa asks again, then goes on, after whatever is raised here: what ends the search is kept for it."""
        if self.failure:
            raise self.failure
        self._proposed = True
        question = reflection(self.means.prompt, candidate[SYSTEM], self._batch)
        try:
            [reply] = self.means.reflect(self.round)([question]).replies
        except ReplyRefused as refused:
            self.means.tell(f"Round {self.round}: no new text came back: {refused.what}")
            return {SYSTEM: candidate[SYSTEM]}  # no better than itself, at no cost
        except ChrysopediaError as failure:
            self.failure = failure
            raise
        return {SYSTEM: reply.system}


def _as_batch(
    found: list[Evaluated], *, with_traces: bool
) -> "EvaluationBatch[Evaluated, dict[str, Any]]":
    from gepa.core.adapter import EvaluationBatch

    outputs = [{"fixture": one.fixture.name, "score": one.value} for one in found]
    return EvaluationBatch(outputs, [one.value for one in found], found if with_traces else None)


def reflection(prompt: PromptTemplate, text: str, batch: Sequence[Evaluated]) -> ReflectingQuestion:
    """What is asked for a better text."""
    [first, *_] = batch
    return ReflectingQuestion(
        ReflectingInput(
            video=first.fixture.video,
            of=first.fixture.task,
            prompt=text,
            placeholders=tuple(sorted(VARIABLES[prompt.task])),
            examples=tuple(
                Example(
                    score=one.value,
                    feedback=one.feedback[:SHOWN_FEEDBACK],
                    result=one.result or "-",
                )
                for one in batch
            ),
        )
    )


@dataclass(frozen=True)
class Batches:
    """Which inputs a round looks at."""

    seed: int

    def next_minibatch_ids(self, loader: Any, state: "GEPAState[Any, Any]") -> list[Any]:
        ids = list(loader.all_ids())
        rng = random.Random(f"{self.seed} {state.i} batch")  # noqa: S311
        return sorted(rng.sample(ids, min(BATCH, len(ids))))


class Silent:
    """gepa's own log tells nothing that is not told here, and whole prompts beside it."""

    def log(self, message: str) -> None:
        pass


@dataclass(frozen=True)
class Told:
    """The search's progress in sentences; `batch` is how many inputs a round's scores are the sum of."""

    means: Means
    batch: int

    def on_valset_evaluated(self, event: Any) -> None:
        name = f"candidate {event['candidate_idx']}" if event["candidate_idx"] else "the seed"
        best = ", the best so far" if event["is_best_program"] and event["candidate_idx"] else ""
        self._tell(event["iteration"], f"{name} has {event['average_score']:.3f} in validation{best}")  # fmt: skip

    def on_candidate_rejected(self, event: Any) -> None:
        new, old = (event[name] / self.batch for name in ("new_score", "old_score"))
        self._tell(event["iteration"], f"a proposal with {new:.3f} is no better than {old:.3f}")

    def _tell(self, number: int, what: str) -> None:
        self.means.tell(f"Round {number}: {what}. {self.means.purse.told()}.")
