"""Who answers the stages' questions, as the settings say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from chrysopedia_assets.engines.llm.engine import LlmEngine
from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.stages.ports import Answers, Ask, Question, ReplyT
from resources.clients.prompts import PromptTemplate
from resources.llm import open_llm
from resources.settings import llm_settings
from resources.sources import Prompts, Sources, prompt_to_try, read_sources, sources_of


@dataclass(frozen=True)
class Embedded:
    """The embedded engine, loaded when it is asked; while there is no taxonomy it fails whoever asks, and nobody else."""

    sources: Sources

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
        return self._engine(questions)

    @cached_property
    def _engine(self) -> Ask:
        from chrysopedia_assets.engines.extractive import ExtractiveEngine

        return ExtractiveEngine(self.sources.known_taxonomy())


@dataclass(frozen=True)
class EngineByTask:
    """A task that has a model is answered by it; the embedded engine answers the others."""

    embedded: Embedded
    llm: LlmEngine

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
        """All questions are of one task."""
        if questions and self.llm.prompts[questions[0].task].settings.model:
            return self.llm(questions)
        return self.embedded(questions)


def engine(*, run_id: str | None = None, fresh: bool = False) -> Ask:
    """As the settings say; without any model nothing but the embedded engine is opened. Raises ConfigurationError."""
    sources = sources_of(run_id) if run_id else read_sources()
    embedded = Embedded(sources)
    if not any(prompt.settings.model for prompt in sources.prompts.readable()):
        return embedded
    return EngineByTask(embedded, _asking(sources.prompts, run_id=run_id, fresh=fresh))


def with_prompt(ask: Ask, prompt: PromptTemplate) -> Ask:
    """The same engine with another prompt for one task; the embedded engine reads none and stays as it is."""
    if not isinstance(ask, EngineByTask) or ask.llm.run_id is None:
        return ask
    prompts = sources_of(ask.llm.run_id).prompts.with_one(prompt)
    return replace(ask, llm=replace(ask.llm, prompts=prompts))


def engine_to_try(
    prompt: PromptTemplate, *, sample: int = 0, fresh: bool = False, run_id: str | None = None
) -> Ask:
    """The engine with this prompt in place of the installed one; another sample is another answer.

    `run_id` is what the ledger files its calls under: of no run of the graph. Every other task is answered as the settings say. Raises ConfigurationError.
    """
    sources = read_sources()
    embedded = Embedded(sources)
    prompts = sources.prompts.with_one(prompt)
    if not any(one.settings.model for one in prompts.readable()):
        return embedded
    return EngineByTask(embedded, _asking(prompts, run_id=run_id, fresh=fresh, sample=sample))


@dataclass(frozen=True)
class Judge:
    """Whom the judge's questions go to; a failure of his says who he is."""

    llm: LlmEngine
    model: str

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
        try:
            return self.llm(questions)
        except ReplyRefused as failure:
            raise type(failure)(
                f"{self.model}, the judge, gives no usable answer: {failure.what}",
                where=failure.where,
                cure="Name another model as the judge (CHRYSOPEDIA_LLM_JUDGING_MODEL), or score without one: --no-judge.",
            ) from failure


def judge_to_ask(
    *, model: str | None = None, sample: int = 0, fresh: bool = False, run_id: str | None = None
) -> Judge | None:
    """The judge of pages, as the settings say or another model; None where no model is set up. Raises ConfigurationError."""
    asked = prompt_to_try("judging", None, model)
    if not asked.settings.model:
        return None
    prompts = Prompts({"judging": asked})
    llm = _asking(prompts, run_id=run_id, fresh=fresh, sample=sample)
    return Judge(llm, asked.settings.model)


def _asking(prompts: Prompts, *, run_id: str | None, fresh: bool, sample: int = 0) -> LlmEngine:
    llm, chosen = open_llm(), llm_settings()
    return LlmEngine(
        prompts=prompts,
        call=llm.caller.call,
        wait=llm.loop.run,
        retries_per_video=chosen.retries_per_video,
        extra=chosen.extra,
        run_id=run_id,
        fresh=fresh,
        sample=sample,
    )


def expect(run_id: str, ask: Ask) -> Ask:
    """The run with this id, which is still to come, is to ask this engine."""
    _expected[run_id] = ask
    return ask


def engine_of(run_id: str, *, fresh: bool) -> Ask:
    """The engine that the run is expected with, else a new one."""
    return _expected.pop(run_id, None) or engine(run_id=run_id, fresh=fresh)


_expected: dict[str, Ask] = {}
