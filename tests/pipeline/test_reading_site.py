"""The site of a small library that is really processed, on both databases: what is written when, and what it says."""

import json
import re
from pathlib import Path

import dagster as dg
import pytest

from chrysopedia_assets.automation.site_watch import site_watch
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.models.technique_pages import TechniquePages
from resources.database import open_database
from resources.settings import settings
from resources.store.records import load, save
from tests.pipeline.test_freshness_report import (  # noqa: F401 - fixtures
    KICK,
    SNARE,
    edit,
    either_library,
    library,
    process,
    prompt,
)


def publish(instance: dg.DagsterInstance) -> dg.AssetMaterialization:
    job = build_defs().resolve_job_def("publish_site")
    done = job.execute_in_process(instance=instance)
    assert done.success
    [made] = done.asset_materializations_for_node("reading_site")
    return made


def numbers(made: dg.AssetMaterialization) -> dict[str, object]:
    return {name: value.value for name, value in made.metadata.items()}


def files() -> dict[str, bytes]:
    site = settings().site_dir
    found = (path for path in site.rglob("*") if path.is_file())
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in found}


def pages_of(video_id: str) -> set[str]:
    return {name for name in files() if name.startswith(f"pages/{video_id}--")}


def test_all_pages_are_there_and_a_second_build_writes_nothing(
    either_library: dg.DagsterInstance,  # noqa: F811
) -> None:
    first = publish(either_library)
    before = files()
    assert numbers(first)["pages"] == len(pages_of(KICK)) + len(pages_of(SNARE)) > 0
    assert numbers(first)["files_written"] == numbers(first)["files"]
    assert b"Kick" in before[f"videos/{KICK}.html"]
    assert "pagefind/pagefind-entry.json" in before
    again = publish(either_library)
    assert numbers(again)["files_written"] == 0 and numbers(again)["search_made_anew"] is False
    assert again.tags["dagster/data_version"] == first.tags["dagster/data_version"]  # type: ignore[index]
    assert files() == before


def test_an_edited_prompt_changes_the_pages_that_it_made_stale_and_no_list(
    library: dg.DagsterInstance,  # noqa: F811
    prompt: Path,  # noqa: F811
) -> None:
    publish(library)
    before = files()
    edit(prompt)
    made = publish(library)
    changed = {name for name, content in files().items() if before.get(name) != content}
    of_pages = {name for name in changed if not name.startswith((".", "pagefind/"))}
    assert numbers(made)["stale_pages"] == numbers(made)["pages"]
    theirs = pages_of(KICK) | pages_of(SNARE)
    assert of_pages == theirs | {f"videos/{KICK}.html", f"videos/{SNARE}.html"}
    assert b"prompts/synthesis was edited" in files()[min(theirs)]
    process(library, KICK)
    publish(library)
    assert b"was edited" not in files()[min(pages_of(KICK))]
    assert b"was edited" in files()[min(pages_of(SNARE))]


def test_what_is_finished_is_published_once_and_then_the_sensor_rests(
    library: dg.DagsterInstance,  # noqa: F811
) -> None:
    def tick(cursor: str | None) -> tuple[int, str | None]:
        context = dg.build_sensor_context(instance=library, cursor=cursor)
        asked = site_watch(context)
        requests = getattr(asked, "run_requests", None) or []
        return len(requests), getattr(asked, "cursor", None) or cursor

    asked, cursor = tick(None)
    assert asked == 1
    publish(library)
    assert tick(cursor)[0] == 0
    process(library, KICK)
    # Something has moved; within the rest after the last build it waits for its turn.
    context = dg.build_sensor_context(instance=library, cursor=cursor)
    assert re.search(r"runs again in \d+ s", str(getattr(site_watch(context), "skip_message", "")))


@pytest.mark.parametrize("page", ["index.html", "creators.html", "videos.html", "tags.html"])
def test_an_empty_library_has_a_site_that_says_so(
    instance: dg.DagsterInstance, own_world: Path, page: str
) -> None:
    assert numbers(publish(instance))["pages"] == 0
    assert b"<h1" in files()[page]


def test_a_page_written_again_keeps_its_address_and_gets_a_history(
    library: dg.DagsterInstance,  # noqa: F811
) -> None:
    publish(library)
    before = pages_of(KICK)
    database = open_database()
    with database.writing(lock="test") as connection:
        record = load(connection, "technique_pages", KICK)
        told = json.loads(record.model_dump_json())
        [page] = told["pages"]
        page |= {"page_id": f"{KICK}--louder-kicks", "title": "Louder kicks"}
        save(connection, "technique_pages", TechniquePages.model_validate(told), None)
    publish(library)
    assert pages_of(KICK) == before
    [address] = before
    assert b"Louder kicks" in files()[address]
    history = files()[address.replace("pages/", "history/")]
    assert b"Louder kicks" in history


def test_a_page_that_is_gone_leaves_a_file_that_says_so(
    library: dg.DagsterInstance,  # noqa: F811
) -> None:
    publish(library)
    [address] = pages_of(KICK)
    with open_database().writing(lock="test") as connection:
        record = load(connection, "technique_pages", KICK)
        told = json.loads(record.model_dump_json())
        told["unused"] += [
            {name: one[name] for name in ("moment_id", "title", "start_s")}
            | {"reason": "said twice"}
            for page in told["pages"]
            for one in page["citations"]
        ]
        told["pages"] = []
        save(connection, "technique_pages", TechniquePages.model_validate(told), None)
    publish(library)
    assert b"is gone" in files()[address] and f"videos/{KICK}.html".encode() in files()[address]
