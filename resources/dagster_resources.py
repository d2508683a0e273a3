"""What assets are handed: shells of Dagster around the plain things of this folder."""

import dagster as dg

from chrysopedia_assets.models.runs import FRESH
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.ports import Ask
from resources.database import open_database
from resources.engine import engine, engine_of
from resources.library import Library
from resources.llm import budget_warning
from resources.observations import observe_sources
from resources.sources import read_sources, sources_of


class LibraryResource(dg.ConfigurableResource[Library]):
    def create_resource(self, context: dg.InitResourceContext) -> Library:
        return Library(open_database())


class TaxonomyResource(dg.ConfigurableResource[Taxonomy | None]):
    """That of the run. None where it cannot be read: then the stage that reads it says so, and no other fails."""

    def create_resource(self, context: dg.InitResourceContext) -> Taxonomy | None:
        return (sources_of(context.run.run_id) if context.run else read_sources()).taxonomy


class EngineResource(dg.ConfigurableResource[Ask]):
    def create_resource(self, context: dg.InitResourceContext) -> Ask:
        run = context.run
        if run is None:
            return engine()
        if context.instance is not None:
            observe_sources(context.instance, sources_of(run.run_id))
        if context.log and (warning := budget_warning()):
            context.log.warning(warning)
        return engine_of(run.run_id, fresh=run.tags.get(FRESH) == "true")
