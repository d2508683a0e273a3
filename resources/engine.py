"""Who answers the stages' questions, and the taxonomy that both ask with."""

import dagster as dg

from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.ports import Ask
from resources.clients.taxonomy import read_taxonomy
from resources.settings import settings


class TaxonomyResource(dg.ConfigurableResource[Taxonomy]):
    def create_resource(self, context: dg.InitResourceContext) -> Taxonomy:
        return read_taxonomy(settings().taxonomy_file)


class EngineResource(dg.ConfigurableResource[Ask]):
    def create_resource(self, context: dg.InitResourceContext) -> Ask:
        return ExtractiveEngine(read_taxonomy(settings().taxonomy_file))
