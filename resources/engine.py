"""Who answers the stages' questions, as the settings say."""

from collections.abc import Sequence
from dataclasses import dataclass

from chrysopedia_assets.engines.llm.engine import LlmEngine
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.ports import Answers, Ask, Question, ReplyT
from resources.clients.taxonomy import read_taxonomy
from resources.llm import open_llm, prompts
from resources.settings import llm_settings, settings


@dataclass(frozen=True)
class EngineByTask:
    """A task that has a model is answered by it; the embedded engine answers the others."""

    taxonomy: Taxonomy
    llm: LlmEngine

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
        """All questions are of one task."""
        if questions and self.llm.prompts[questions[0].task].settings.model:
            return self.llm(questions)
        return embedded(self.taxonomy)(questions)


def engine(*, run_id: str | None = None, fresh: bool = False) -> Ask:
    """As the settings say; without any model nothing but the embedded engine is opened. Raises ConfigurationError."""
    taxonomy = read_taxonomy(settings().taxonomy_file)
    found = prompts()
    if not any(prompt.settings.model for prompt in found.values()):
        return embedded(taxonomy)
    llm, chosen = open_llm(), llm_settings()
    asking = LlmEngine(
        prompts=found,
        call=llm.caller.call,
        wait=llm.loop.run,
        retries_per_video=chosen.retries_per_video,
        extra=chosen.extra,
        run_id=run_id,
        fresh=fresh,
    )
    return EngineByTask(taxonomy, asking)


def embedded(taxonomy: Taxonomy) -> Ask:
    """The engine that needs no model; who has models for all tasks does not load it."""
    from chrysopedia_assets.engines.extractive import ExtractiveEngine

    return ExtractiveEngine(taxonomy)


def expect(run_id: str, ask: Ask) -> Ask:
    """The run with this id, which is still to come, is to ask this engine."""
    _expected[run_id] = ask
    return ask


def engine_of(run_id: str, *, fresh: bool) -> Ask:
    """The engine that the run is expected with, else a new one."""
    return _expected.pop(run_id, None) or engine(run_id=run_id, fresh=fresh)


_expected: dict[str, Ask] = {}
