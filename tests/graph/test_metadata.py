"""The metadata contract: what a curator finds on every materialisation in the UI."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import dagster as dg
import pytest

from chrysopedia_assets.assets import _metadata
from chrysopedia_assets.assets._stage_work import stage_work
from chrysopedia_assets.errors import ConfigurationError, InputRefused
from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.records import STAGES, content_version
from tests.records import record_of

OF: Mapping[str, Callable[..., Mapping[str, dg.MetadataValue]]] = {
    "transcripts": _metadata.of_transcript,
    "topic_chunks": _metadata.of_topic_chunks,
    "key_moments": _metadata.of_key_moments,
    "classifications": _metadata.of_classifications,
    "synthesis_groups": _metadata.of_synthesis_groups,
    "technique_pages": _metadata.of_technique_pages,
}
PLOTTED: Mapping[str, set[str]] = {
    "transcripts": {"segments", "spoken_words", "duration_min", "doubts"},
    "topic_chunks": {"chunks"},
    "key_moments": {"moments", "empty_chunks"},
    "classifications": {"classified", "unsure"},
    "synthesis_groups": {"groups", "largest_tokens"},
    "technique_pages": {"pages", "words", "unused_moments"},
}
USED = {"calls", "replies_reused", "failed_calls", "tokens_in", "tokens_out", "tokens_cached", "cost_usd"}  # fmt: skip
PYTHON_TYPES = {"int": int, "float": (int, float), "bool": bool, "string": str}
USAGE = Usage(
    calls=3,
    reused=1,
    failed=1,
    tokens_in=10,
    tokens_out=5,
    tokens_cached=2,
    cost_usd=0.01,
)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_shows_a_count_a_preview_its_maker_and_its_time(stage: str) -> None:
    record = record_of(stage)
    with stage_work() as work:
        pass
    metadata = work.result(record, OF[stage](record)).metadata
    assert metadata is not None
    first = next(iter(metadata.values()))
    assert isinstance(first, dg.IntMetadataValue) and first.value > 0
    assert isinstance(metadata["preview"], dg.MarkdownMetadataValue)
    assert isinstance(metadata["seconds"], dg.FloatMetadataValue)
    assert metadata["made_by"] == dg.MetadataValue.text(record.made_by)


TABLES = {"synthesis_groups": ["make_up", "members"], "technique_pages": ["contents", "moments"]}


def tables_of(stage: str) -> dict[str, dg.TableMetadataValue]:
    shown = OF[stage](record_of(stage))
    return {name: v for name, v in shown.items() if isinstance(v, dg.TableMetadataValue)}


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "transcripts"])
def test_every_stage_of_many_parts_lists_them_in_a_table(stage: str) -> None:
    tables = tables_of(stage)
    assert list(tables) == TABLES.get(stage, list(tables)[:1])
    assert all(shown.records for shown in tables.values())


def test_each_moment_can_be_followed_to_its_group_and_its_page() -> None:
    members = [row.data for row in tables_of("synthesis_groups")["members"].records]
    assert [(row["group"], row["category"], row["title"]) for row in members] == [
        (1, "mixing", "Moment 0"),
        (2, "workflow", "Moment 1"),
    ]
    moments = [row.data for row in tables_of("technique_pages")["moments"].records]
    assert [(row["start"], row["title"], row["page_id"], row["left_out"]) for row in moments] == [
        ("0:00", "Moment 0", "a--one--cut", ""),
        ("0:10", "Moment 1", "", "too thin"),
    ]


def test_what_the_inspector_measures_is_in_the_tables_as_numbers() -> None:
    chunks, transcript = record_of("topic_chunks"), record_of("transcripts")
    timeline = _metadata.of_topic_chunks(chunks, transcript)["timeline"]  # type: ignore[arg-type]
    assert isinstance(timeline, dg.TableMetadataValue)
    types = {column.name: column.type for column in timeline.schema.columns}
    assert types | {"pause_s": "float", "drop": "float", "lasts_s": "float"} == types
    assert [row.data["reason"] for row in timeline.records] == ["", "after a pause"]
    assert timeline.records[1].data["drop"] == 0.5, "the only place of this video"
    made_up = _metadata.of_synthesis_groups(record_of("synthesis_groups"))["make_up"]  # type: ignore[arg-type]
    assert isinstance(made_up, dg.TableMetadataValue)
    assert made_up.records[0].data["why"] == "the only moment of mixing"
    moments = _metadata.of_key_moments(record_of("key_moments"), chunks)  # type: ignore[arg-type]
    assert moments["empty_chunks"] == dg.MetadataValue.int(0)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "transcripts"])
def test_a_video_with_nothing_to_teach_still_has_its_metadata(stage: str) -> None:
    lists = ("chunks", "moments", "classifications", "groups", "pages", "unused")
    record = record_of(stage)
    empty = record.model_copy(update={name: () for name in lists if hasattr(record, name)})
    assert next(iter(OF[stage](empty).values())) == dg.MetadataValue.int(0)


def test_a_result_is_versioned_by_its_content() -> None:
    record = record_of("topic_chunks")
    with stage_work() as work:
        pass
    assert work.result(record, {}).data_version == dg.DataVersion(content_version(record))
    other = record.model_copy(update={"made_by": "another engine"})
    assert content_version(other) != content_version(record)


def test_our_errors_become_failures_that_nobody_retries() -> None:
    with pytest.raises(dg.Failure) as caught, stage_work():
        raise InputRefused("it is empty", where="a.vtt", cure="Fill it.")
    assert caught.value.description == "a.vtt: it is empty. Fill it."
    assert caught.value.allow_retries is False


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_counted_plots_over_time_and_is_a_number_in_every_run(stage: str) -> None:
    numbers = (dg.IntMetadataValue, dg.FloatMetadataValue)
    shown = OF[stage](record_of(stage))
    assert {name for name, value in shown.items() if isinstance(value, numbers)} == PLOTTED[stage]


def test_what_models_were_used_for_plots_over_time() -> None:
    shown = _metadata.of_usage(USAGE)
    assert set(shown) == USED
    assert all(isinstance(v, dg.IntMetadataValue | dg.FloatMetadataValue) for v in shown.values())
    unknown = _metadata.of_usage(replace(USAGE, unpriced=1))
    assert unknown["cost_usd"] == dg.MetadataValue.text("unknown")


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "transcripts"])
def test_a_column_has_the_type_of_what_is_in_it(stage: str) -> None:
    for shown in tables_of(stage).values():
        for column in shown.schema.columns:
            found = [record.data[column.name] for record in shown.records]
            assert all(isinstance(value, PYTHON_TYPES[column.type]) for value in found), column
            assert column.type != "string" or not all(isinstance(v, int | float) for v in found), column  # fmt: skip


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], "int"),
        ([1, 2.5], "float"),
        ([2.5], "float"),
        ([True, False], "bool"),
        ([True, 1], "string"),
        (["a", 1], "string"),
        ([1, "a"], "string"),
    ],
)
def test_numbers_in_a_table_sort_as_numbers(values: list[object], expected: str) -> None:
    shown = _metadata.table([{"of": value} for value in values])
    assert isinstance(shown, dg.TableMetadataValue)
    assert [column.type for column in shown.schema.columns] == [expected]


def test_every_stage_names_the_commands_that_show_more_of_the_video() -> None:
    with stage_work() as work:
        pass
    metadata = work.result(record_of("topic_chunks"), {}).metadata
    assert metadata is not None
    assert metadata["inspect"] == dg.MetadataValue.text("chrysopedia inspect a--one")
    assert metadata["runs"] == dg.MetadataValue.text("chrysopedia runs a--one")


def test_where_the_site_is_served_every_stage_links_to_the_video_and_its_inspector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_SITE_URL", "https://pages.example.org/lib/")
    shown = _metadata.commands("a--one")
    at = "https://pages.example.org/lib"
    assert shown["on_the_site"] == dg.MetadataValue.url(f"{at}/videos/a--one.html")
    assert shown["inspector"] == dg.MetadataValue.url(f"{at}/inspector/a--one.html")
    monkeypatch.setenv("CHRYSOPEDIA_SITE_URL", "pages.example.org")
    with pytest.raises(ConfigurationError, match="CHRYSOPEDIA_SITE_URL is 'pages"):
        _metadata.commands("a--one")
