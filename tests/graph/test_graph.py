"""The shape of the graph, reviewed: a change of keys, edges, groups or versions shows up as a changed snapshot."""

import json

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.stage_defs import LIBRARY_FILES, OF_VIDEOS, SOURCES, STAGE_DEFS
from resources.observations import asset_key
from resources.settings import PROJECT

SNAPSHOT = PROJECT / "tests" / "graph" / "snapshot.json"
GROUPS = {"transcribe", "understand", "synthesize", "publish", "measure"}


@pytest.fixture(scope="module")
def graph() -> AssetGraph:
    return build_defs().resolve_asset_graph()


def described(graph: AssetGraph) -> dict[str, object]:
    nodes = {}
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        nodes[key.to_user_string()] = {
            "reads": sorted(parent.to_user_string() for parent in node.parent_keys),
            "group": node.group_name,
            "kinds": sorted(node.kinds),
            "owners": sorted(node.owners),
            "code_version": node.code_version,
            "pools": sorted(node.pools or ()),
            "partitions": getattr(node.partitions_def, "name", None),
            "checks": sorted(check.name for check in node.check_keys),
        }
    return nodes


def test_the_graph_is_the_one_that_was_reviewed(graph: AssetGraph) -> None:
    found = json.dumps(described(graph), indent=2) + "\n"
    assert found == SNAPSHOT.read_text(), (
        "The graph has changed. If that is meant: make generated, and say why in the commit."
    )


def test_every_asset_says_what_it_is(graph: AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description and node.description.strip().endswith("."), key
        assert node.group_name in GROUPS, key
        assert node.kinds, key


def test_every_stage_has_an_owner_a_code_version_and_a_pool(graph: AssetGraph) -> None:
    for stage in STAGES:
        node = graph.get(dg.AssetKey(stage))
        assert node.owners and node.code_version and node.pools, stage


def test_stages_read_only_stages_above_them(graph: AssetGraph) -> None:
    for position, stage in enumerate(STAGES):
        reads = {key.to_user_string() for key in graph.get(dg.AssetKey(stage)).parent_keys}
        assert reads - SOURCES.keys() <= set(STAGES[:position]), stage


def test_the_graph_is_the_one_that_verdicts_are_given_on(graph: AssetGraph) -> None:
    for stage in STAGES:
        node = graph.get(dg.AssetKey(stage))
        assert {key.to_user_string() for key in node.parent_keys} == set(STAGE_DEFS[stage].reads)
        assert node.code_version == STAGE_DEFS[stage].code_version
        assert node.partitions_def == graph.get(dg.AssetKey(LIBRARY_FILES)).partitions_def
    for name in SOURCES:
        node = graph.get(asset_key(name))
        assert node.is_observable, name
        assert (node.partitions_def is None) == (name not in OF_VIDEOS), name


def test_every_stage_has_one_file_of_the_same_name_in_each_room() -> None:
    for room in ("models", "stages", "assets"):
        for stage in STAGES:
            assert (PROJECT / "chrysopedia_assets" / room / f"{stage}.py").is_file(), (room, stage)


def test_the_definitions_are_valid() -> None:
    dg.Definitions.validate_loadable(build_defs())


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(described(build_defs().resolve_asset_graph()), indent=2) + "\n")
