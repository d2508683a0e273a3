"""Who answers the stages' questions, and the taxonomy that both ask with."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.engines.llm.engine import LlmEngine
from chrysopedia_assets.models.runs import FRESH
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.ports import Answers, Ask, Question, ReplyT
from resources.clients.taxonomy import read_taxonomy
from resources.llm import open_llm, prompts
from resources.settings import llm_settings, settings


class TaxonomyResource(dg.ConfigurableResource[Taxonomy]):
    def create_resource(self, context: dg.InitResourceContext) -> Taxonomy:
        return read_taxonomy(settings().taxonomy_file)


class EngineResource(dg.ConfigurableResource[Ask]):
    def create_resource(self, context: dg.InitResourceContext) -> Ask:
        run = context.run
        if run is None:
            return engine()
        return engine(run_id=run.run_id, fresh=run.tags.get(FRESH) == "true")


@dataclass(frozen=True)
class EngineByTask:
    """A task that has a model is answered by it; the embedded engine answers the others."""

    embedded: ExtractiveEngine
    llm: LlmEngine

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
        """All questions are of one task."""
        if questions and self.llm.prompts[questions[0].task].settings.model:
            return self.llm(questions)
        return self.embedded(questions)


def engine(*, run_id: str | None = None, fresh: bool = False) -> Ask:
    """As the settings say; without any model nothing but the embedded engine is opened. Raises ConfigurationError."""
    embedded = ExtractiveEngine(read_taxonomy(settings().taxonomy_file))
    found = prompts()
    if not any(prompt.settings.model for prompt in found.values()):
        return embedded
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
    return EngineByTask(embedded, asking)
