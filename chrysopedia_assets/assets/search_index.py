"""What `chrysopedia search` and assistants look into: pages, their sections, moments, and all that was said.

A full-text index in the database. **Materialize** it to bring it up to date, video by video, where something has changed; a search
does so by itself for what is missing. **Costs** nothing, unless embeddings are set up: then what has none yet is sent to their server.
"""

import dagster as dg

from chrysopedia_assets.assets._stage_work import stage_work
from chrysopedia_assets.models.search import KINDS
from resources.database import open_database
from resources.searching import count_documents, update_embeddings, update_index


@dg.asset(
    description=__doc__,
    group_name="publish",
    owners=["team:publish"],
    kinds={"index"},
    deps=["transcripts", "key_moments", "classifications", "technique_pages"],
)
def search_index(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    with stage_work() as work:
        database = open_database()
        updated = update_index(database)
        embedded = update_embeddings(database)
        counts = count_documents(database)
    context.log.info(f"{updated.videos} videos indexed anew, {updated.dropped} dropped.")
    documents = {f"{kind}_documents": dg.MetadataValue.int(counts.get(kind, 0)) for kind in KINDS}
    return dg.MaterializeResult(
        metadata={
            "documents": dg.MetadataValue.int(sum(counts.values())),
            **documents,
            "videos_indexed": dg.MetadataValue.int(updated.videos),
            "videos_dropped": dg.MetadataValue.int(updated.dropped),
            "texts_embedded": dg.MetadataValue.int(embedded),
            "seconds": dg.MetadataValue.float(round(work.seconds, 3)),
        }
    )
