"""The sensor that notices an edited prompt, on real files and Dagster's real event log."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from chrysopedia_assets.automation.edited_prompts import edited_prompts, told
from chrysopedia_assets.errors import ConfigurationError
from resources.observations import event_log
from resources.settings import PROJECT
from resources.sources import read_sources
from resources.store.dagster_events import newest_event_id, newest_sources


@pytest.fixture
def prompts(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = shutil.copytree(PROJECT / "prompts", own_world / "prompts")
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(copy))
    monkeypatch.setenv("CHRYSOPEDIA_TAXONOMY", str(copy / "taxonomy.toml"))
    return copy


def tick(instance: dg.DagsterInstance) -> str:
    found = edited_prompts(dg.build_sensor_context(instance=instance))
    assert isinstance(found, dg.SkipReason)
    return found.skip_message or ""


def test_an_edited_prompt_is_told_to_dagster_and_nothing_is_started(
    instance: dg.DagsterInstance, prompts: Path
) -> None:
    tick(instance)
    text = prompts / "synthesis" / "user.md"
    text.write_text(f"{text.read_text()}\nBriefly.\n")
    version = read_sources().version("prompts/synthesis")
    assert tick(instance) == f"prompts/synthesis is now version {version}."
    assert newest_sources(event_log(instance))["prompts/synthesis"].version == version
    assert instance.get_runs() == []


def test_an_idle_look_writes_nothing(instance: dg.DagsterInstance, prompts: Path) -> None:
    tick(instance)
    before = newest_event_id(event_log(instance))
    assert tick(instance) == "Nothing was edited."
    assert newest_event_id(event_log(instance)) == before


def test_a_broken_prompt_is_named_with_its_line_and_keeps_its_version(
    instance: dg.DagsterInstance, prompts: Path
) -> None:
    tick(instance)
    before = newest_sources(event_log(instance))
    (prompts / "extraction" / "system.md").write_text("one\ntwo {{ no variable }}\n")
    (prompts / "taxonomy.toml").write_text("[[[")
    for _ in range(2):  # for as long as it is broken
        message = tick(instance)
        assert "system.md, line 2" in message
        assert "taxonomy.toml" in message
    assert newest_sources(event_log(instance)) == before


def test_a_setting_that_is_wrong_for_all_is_told(
    instance: dg.DagsterInstance, prompts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_LLM_MODLE", "gpt")
    assert "Did you mean CHRYSOPEDIA_LLM_MODEL" in tick(instance)


def test_the_same_fault_of_two_sources_is_told_once() -> None:
    fault = ConfigurationError("it is empty", where="system.md", cure="Fill it.")
    message = told({}, {"prompts/extraction": fault, "extraction_settings": fault})
    assert message.count("system.md") == 1
