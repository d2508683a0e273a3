"""What breaks around the verdicts: files that vanish, records that cannot be read, clocks, edits at the wrong moment."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL

from chrysopedia_assets.assets import key_moments
from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.process import Order, Processed, Processor
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.freshness.verdicts import Cause
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.runs import OVERRIDE
from chrysopedia_assets.models.stage_defs import (
    LIBRARY_FILES,
    NOT_HEARD,
    SPEECH_RECOGNITION,
    STAGE_DEFS,
)
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.models.transcripts import Transcript
from chrysopedia_assets.stages.key_moments import find_key_moments
from chrysopedia_assets.stages.ports import Ask
from resources.clients.library import look
from resources.observations import event_log
from resources.provenance import IndexesProvenance
from resources.settings import PROJECT
from resources.store.dagster_events import CODE_VERSION, DATA_VERSION, INPUT_VERSION
from tests.freshness.world import World
from tests.library import put_vtt
from tests.verdicts import by_dagster, by_us

VIDEO = "ann--kick"
LONG_AGO = "2001-01-01 00:00:00.000000"


@pytest.fixture
def world(own_world: Path) -> Iterator[World]:
    """One video of the product's own graph, processed."""
    world = World(own_world / "world", defs=build_defs())
    (world.folder / "prompts" / "taxonomy.toml").write_text(
        (PROJECT / "prompts" / "taxonomy.toml").read_text()
    )
    put_vtt(world.folder / "library" / "Ann" / "Kick.vtt")
    ingest(look([world.folder / "library"]).files, world.database, world.instance)
    assert processed(world) == STAGES
    yield world
    world.close()


def processed(world: World) -> tuple[str, ...]:
    done = world.process(VIDEO)
    assert done.failed is None, done.failed
    return done.ran


def words(world: World) -> dict[str, str]:
    """Of those that are not fresh, once Dagster was found to say the same of one hop."""
    found = world.look().verdicts
    assert by_us(found) == by_dagster(world.graph, world.instance)
    return {stage: v.word for stage, v in found[VIDEO].items() if v.word != "fresh"}


def change_log(world: World, statement: str, **values: object) -> None:
    with event_log(world.instance)() as connection:
        assert connection.execute(sa.text(statement), values).rowcount
        connection.commit()


def failed_at(done: Processed, *told: str) -> str:
    assert done.failed is not None
    for words in told:
        assert words in done.failed.message
    assert done.failed.stage is not None
    return done.failed.stage


# A prompt that cannot be used


def test_a_prompt_that_vanished_makes_nothing_stale_and_fails_the_stage_that_needs_it(
    world: World,
) -> None:
    (world.folder / "prompts" / "extraction" / "system.md").unlink()
    found = world.look()
    assert found.sources.broken.keys() == {"prompts/extraction", "extraction_settings"}
    assert "system.md" in str(found.sources.broken["prompts/extraction"])
    assert words(world) == {}
    dg.Definitions.validate_loadable(build_defs())
    assert world.run(["topic_chunks", "key_moments", "classifications"], VIDEO)[1] == [
        "topic_chunks"
    ]
    assert world.run(["classifications", "technique_pages"], VIDEO)[1] == [
        "classifications",
        "technique_pages",
    ]
    assert words(world) == {}


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("prompt.toml", "temperature = 0.2\nthinks = perhaps\n", "line 2"),
        ("system.md", "First.\n{{ nonsense \n", "line 2"),
    ],
)
def test_a_prompt_that_does_not_parse_is_named_with_its_file_and_line(
    world: World, file: str, text: str, told: str
) -> None:
    world.lose("key_moments", VIDEO)
    path = world.folder / "prompts" / "extraction" / file
    before = path.read_text()
    path.write_text(text)
    assert failed_at(world.process(VIDEO), str(path), told) == "key_moments"
    path.write_text(before)
    assert processed(world) == ("key_moments",)
    assert words(world) == {}


def test_a_taxonomy_that_does_not_parse_fails_only_the_stages_that_read_it(world: World) -> None:
    path = world.folder / "prompts" / "taxonomy.toml"
    before = path.read_text()
    path.write_text("plugins = [\n'one' 'two']\n")
    assert words(world) == {}
    assert "prompts/taxonomy" in world.look().sources.broken
    # The embedded engine takes its words from it; what asks no engine does without.
    assert world.run(["transcripts", "topic_chunks", "synthesis_groups"], VIDEO)[1] == [
        "transcripts",
        "synthesis_groups",
    ]
    world.lose("classifications", VIDEO)
    assert failed_at(world.process(VIDEO), str(path), "line 2") == "classifications"
    path.write_text(before)
    assert processed(world) == ("classifications",)
    assert words(world) == {}


# Edits at the wrong moment


def test_an_edit_in_the_middle_of_a_run_counts_from_the_next_run_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run has read its prompts when it began: that is what it used, and that is what is on record."""
    old = world.look().sources.versions["prompts/classification"]

    def edited_meanwhile(source: Transcript, chunks: TopicChunks, ask: Ask) -> KeyMoments:
        world.write_prompt("classification", "Be brief.")
        return find_key_moments(source, chunks, ask)

    monkeypatch.setattr(key_moments, "find_key_moments", edited_meanwhile)
    _, ran = world.run(["key_moments", "classifications"], VIDEO)
    assert ran == ["key_moments", "classifications"]
    found = world.look()
    made_last = found.verdicts[VIDEO]["classifications"]
    new = found.sources.versions["prompts/classification"]
    assert made_last.made is not None
    assert made_last.made.inputs["prompts/classification"].version == old != new
    assert made_last.own == (Cause("prompt", "prompts/classification", old, new),)
    assert words(world)["classifications"] == "stale"


def test_a_partition_deleted_while_it_is_stale_is_there_again_and_still_stale(world: World) -> None:
    world.write_prompt("synthesis", "Be brief.")
    assert words(world) == {"technique_pages": "stale"}
    world.instance.delete_dynamic_partition("videos", VIDEO)
    assert words(world) == {"technique_pages": "stale"}
    assert processed(world) == ("technique_pages",)
    assert words(world) == {}


def test_a_partition_deleted_under_a_command_stops_nothing(world: World) -> None:
    world.write_prompt("synthesis", "Be brief.")
    processor = Processor(world.defs, world.instance, world.database)
    world.instance.delete_dynamic_partition("videos", VIDEO)
    done = processor.process(VIDEO, Order("manual"))
    assert (done.ran, done.failed) == (("technique_pages",), None)


# Records that are not as they were written


def test_an_event_that_cannot_be_read_leaves_a_result_of_which_nobody_knows_what_it_is_from(
    world: World,
) -> None:
    broken = "UPDATE event_logs SET event = '{\"torn' WHERE asset_key = :key AND dagster_event_type = :type"
    change_log(world, broken, key='["key_moments"]', type="ASSET_MATERIALIZATION")
    assert {v.word for v in world.look().verdicts[VIDEO].values()} == {"fresh"}  # by its tags
    world.keep_only_tags_that_dagster_indexes()
    found = world.look().verdicts[VIDEO]
    made = found["key_moments"].made
    assert made is not None
    assert (made.code_version, made.inputs) == (None, {})
    assert {v.word for v in found.values()} == {"fresh"}
    world.write_prompt("extraction", "Be brief.")
    world.write_prompt("synthesis", "Be brief.")
    found = world.look().verdicts[VIDEO]
    assert [stage for stage in STAGES if found[stage].word == "stale"] == ["technique_pages"]


def test_events_without_tags_in_their_table_give_the_same_verdicts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write_prompt("extraction", "Be brief.")
    world.run(["topic_chunks"], VIDEO, "Mine.")
    with_tags = world.look().verdicts
    world.keep_only_tags_that_dagster_indexes()
    assert world.look().verdicts == with_tags
    assert with_tags[VIDEO]["topic_chunks"].word == "override"
    monkeypatch.delattr(IndexesProvenance, "get_asset_tags_to_index")  # as by Dagster's own
    assert processed(world) == ("key_moments",)
    with event_log(world.instance)() as connection:
        kept = connection.execute(sa.text("SELECT DISTINCT key FROM asset_event_tags")).scalars()
        assert set(kept) == {DATA_VERSION}
    assert words(world) == {"topic_chunks": "override"}


def test_what_was_made_while_the_clock_was_wrong_is_judged_by_its_versions(world: World) -> None:
    world.write_prompt("extraction", "Be brief.")
    assert processed(world) == ("key_moments",)
    for table, time, number in (
        ("event_logs", "timestamp", "id"),
        ("asset_event_tags", "event_timestamp", "event_id"),
    ):
        newest = (
            "SELECT max(id) FROM event_logs WHERE asset_key = :key AND dagster_event_type = :type"
        )
        change_log(
            world,
            f"UPDATE {table} SET {time} = :at WHERE {number} = ({newest})",
            at=LONG_AGO,
            key='["key_moments"]',
            type="ASSET_MATERIALIZATION",
        )
    assert words(world) == {}
    assert processed(world) == ()
    world.write_prompt("extraction", "")
    assert words(world)["key_moments"] == "stale"


def test_tags_of_events_that_were_wiped_do_not_pass_to_those_that_get_their_ids(
    world: World,
) -> None:
    """On SQLite Dagster leaves them behind."""
    tags = tags_of(world, "technique_pages")
    world.report("technique_pages", VIDEO, {**tags, OVERRIDE: "mine"})
    before = world.look().verdicts[VIDEO]["technique_pages"]
    assert before.word == "override"
    world.instance.wipe_assets([dg.AssetKey("technique_pages")])
    assert words(world) == {"technique_pages": "missing"}
    world.report("technique_pages", VIDEO, tags)
    after = world.look().verdicts[VIDEO]["technique_pages"]
    assert before.made is not None
    assert after.made is not None
    assert after.made.event_id == before.made.event_id, "other ids: this proves nothing"
    assert words(world) == {}


def test_what_was_wiped_on_postgresql_where_its_rows_stay_does_not_count(
    own_world: Path, postgres_url: URL
) -> None:
    url = postgres_url.render_as_string(hide_password=False)
    world = World(own_world / "world", database_url=url)
    world.put_file(VIDEO, "a")
    world.look()
    for stage in STAGES:
        world.results[stage, VIDEO] = "one"
        world.make_directly(stage, VIDEO)
    assert words(world) == {}
    world.instance.wipe_assets([dg.AssetKey("key_moments")])
    assert words(world)["key_moments"] == "missing"
    world.make_directly("key_moments", VIDEO)
    # Nobody knows any more what they have read.
    assert words(world) == dict.fromkeys(STAGES[3:], "stale")
    world.close()


# What is on record of a result


def tags_of(world: World, stage: str) -> dict[str, str]:
    [record] = world.instance.fetch_materializations(dg.AssetKey(stage), limit=1).records
    assert record.asset_materialization is not None
    return dict(record.asset_materialization.tags or {})


def test_every_result_says_with_which_code_and_versions_it_was_made(world: World) -> None:
    found = world.look()
    versions = {**found.sources.versions, LIBRARY_FILES: found.videos[VIDEO].version}
    versions[SPEECH_RECOGNITION] = NOT_HEARD
    for stage in STAGES:
        tags = tags_of(world, stage)
        assert tags[CODE_VERSION] == STAGE_DEFS[stage].code_version
        for name in STAGE_DEFS[stage].sources:
            assert tags[INPUT_VERSION + name] == versions[name], (stage, name)


def test_an_override_is_on_record_with_its_own_version_and_gone_with_the_next_run(
    world: World,
) -> None:
    """The file on disk is what other stages, videos and runs are made with."""
    source = "prompts/extraction"
    on_disk = world.look().sources.versions[source]
    world.run(["key_moments", "technique_pages"], VIDEO, "Mine.")
    tags = tags_of(world, "key_moments")
    assert tags[OVERRIDE] == tags[INPUT_VERSION + source] != on_disk
    assert world.look().sources.versions[source] == on_disk
    assert words(world) == {"key_moments": "override", "technique_pages": "override"}
    world.run(["key_moments"], VIDEO)
    assert OVERRIDE not in tags_of(world, "key_moments")
    assert words(world) == {"technique_pages": "override"}
    assert processed(world) == ()
