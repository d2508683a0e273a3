"""The asset `search_index` on a small library that is really processed, on both databases: what it makes and what it plots."""

import dagster as dg

from chrysopedia_assets.definitions import build_defs
from resources.database import open_database
from resources.searching import search
from tests.pipeline.test_freshness_report import (  # noqa: F401 - fixtures
    either_library,
    library,
    prompt,
)

PLOTTED = {
    *("documents", "page_documents", "section_documents", "moment_documents", "transcript_documents"),
    *("videos_indexed", "videos_dropped", "texts_embedded", "seconds"),
}  # fmt: skip


def made(instance: dg.DagsterInstance) -> dict[str, object]:
    done = build_defs().resolve_job_def("publish_site").execute_in_process(instance=instance)
    [found] = done.asset_materializations_for_node("search_index")
    numbers = (dg.IntMetadataValue, dg.FloatMetadataValue)
    return {name: v.value for name, v in found.metadata.items() if isinstance(v, numbers)}


def test_it_is_published_with_the_site_and_says_how_much_there_is(
    either_library: dg.DagsterInstance,  # noqa: F811
) -> None:
    first = made(either_library)
    assert set(first) == PLOTTED
    assert first["videos_indexed"] == 2 and first["documents"] == sum(
        count for name, count in first.items() if name.endswith("_documents") and isinstance(count, int)
    )  # fmt: skip
    assert all(first[name] for name in PLOTTED if name.endswith("documents"))
    again = made(either_library)
    assert again["videos_indexed"] == 0 and again["documents"] == first["documents"]
    found = search(open_database(), "compressor")
    assert found.hits and found.updated.videos == 0
