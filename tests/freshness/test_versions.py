"""The versions of what stages read beside each other: each thing changes its own, and what decides nothing changes none."""

import re
import shutil
from pathlib import Path

import pytest

from chrysopedia_assets.models.prompts import REPLY_VERSIONS, TASKS, Task
from chrysopedia_assets.models.stage_defs import (
    OF_VIDEOS,
    SOURCES,
    TAXONOMY,
    prompt_source,
    settings_source,
)
from resources.settings import PROJECT
from resources.sources import read_sources

DAGSTER_TAG = re.compile(r"[A-Za-z0-9_.-]{1,63}")
SETTINGS = {settings_source(task) for task in TASKS}


@pytest.fixture(autouse=True)
def prompts(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of those that ship, to be edited."""
    folder = shutil.copytree(PROJECT / "prompts", own_world / "prompts")
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(folder))
    monkeypatch.setenv("CHRYSOPEDIA_TAXONOMY", str(folder / "taxonomy.toml"))
    return folder


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_LLM_MODEL", "gpt-5-mini")


def versions() -> dict[str, str]:
    found = read_sources()
    assert not found.broken
    return dict(found.versions)


class Changed:
    """The names whose version is not what it was when this was made."""

    def __init__(self) -> None:
        self._before = versions()

    def __call__(self) -> set[str]:
        now = versions()
        return {name for name in self._before if now[name] != self._before[name]}


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_every_source_of_the_whole_library_has_a_version() -> None:
    assert versions().keys() == SOURCES.keys() - set(OF_VIDEOS)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", ["system.md", "user.md"])
def test_a_text_of_a_prompt_changes_that_prompt_and_nothing_else(
    prompts: Path, task: Task, name: str
) -> None:
    changed = Changed()
    append(prompts / task / name, "\nBe brief.\n")
    assert changed() == {prompt_source(task)}


@pytest.mark.parametrize("name", ["max_output_tokens", "max_input_tokens"])
def test_how_much_may_be_read_or_written_is_part_of_the_prompt(
    prompts: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    changed = Changed()
    monkeypatch.setenv(f"CHRYSOPEDIA_LLM_SYNTHESIS_{name.upper()}", "9999")
    assert changed() == {prompt_source("synthesis")}


def test_a_reply_of_another_shape_is_another_prompt(
    prompts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = Changed()
    monkeypatch.setitem(REPLY_VERSIONS, "extraction", 2)
    replace(prompts / "extraction" / "prompt.toml", "reply_version = 1", "reply_version = 2")
    assert changed() == {prompt_source("extraction")}


def test_cases_comments_and_timeouts_change_nothing(
    prompts: Path, monkeypatch: pytest.MonkeyPatch, model: None
) -> None:
    changed = Changed()
    for case in (prompts / "synthesis" / "cases").iterdir():
        append(case, "\n# seen again\n")
    append(prompts / "synthesis" / "prompt.toml", "\n# why\n")
    replace(prompts / "synthesis" / "prompt.toml", "timeout_s = 300.0", "timeout_s = 301.0")
    append(prompts / "taxonomy.toml", "\n# why\n")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_TIMEOUT_S", "77")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_CONCURRENCY", "3")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_PRICE", "1/2")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_API_KEY", "sk-another")
    assert changed() == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [("MODEL", "gpt-5"), ("TEMPERATURE", "0.7"), ("THINKS", "true")],
)
def test_who_answers_a_task_and_how_changes_its_settings_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, model: None, name: str, value: str
) -> None:
    changed = Changed()
    monkeypatch.setenv(f"CHRYSOPEDIA_LLM_EXTRACTION_{name}", value)
    assert changed() == {settings_source("extraction")}


def test_a_prompts_own_temperature_is_a_setting_and_not_the_prompt(
    prompts: Path, model: None
) -> None:
    changed = Changed()
    replace(prompts / "extraction" / "prompt.toml", "temperature = 0.2", "temperature = 0.3")
    assert changed() == {settings_source("extraction")}


def test_what_is_added_to_every_request_changes_all_settings(
    monkeypatch: pytest.MonkeyPatch, model: None
) -> None:
    changed = Changed()
    monkeypatch.setenv("CHRYSOPEDIA_LLM_EXTRA", '{"reasoning_effort": "low"}')
    assert changed() == SETTINGS


def test_the_order_in_which_additions_are_written_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, model: None
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_LLM_EXTRA", '{"seed": 1, "nested": {"a": 1, "b": 2}}')
    changed = Changed()
    monkeypatch.setenv("CHRYSOPEDIA_LLM_EXTRA", '{"nested": {"b": 2, "a": 1}, "seed": 1}')
    assert changed() == set()


def test_the_kind_of_server_is_a_setting_and_where_it_stands_is_not(
    monkeypatch: pytest.MonkeyPatch, model: None
) -> None:
    changed = Changed()
    monkeypatch.setenv("CHRYSOPEDIA_LLM_BASE_URL", "https://api.openai.com/v1/")
    assert changed() == set()
    monkeypatch.setenv("CHRYSOPEDIA_LLM_BASE_URL", "http://one.example:8000/v1")
    assert changed() == SETTINGS
    changed = Changed()
    monkeypatch.setenv("CHRYSOPEDIA_LLM_BASE_URL", "http://other.example:9000/v1")
    assert changed() == set()


def test_another_engine_changes_the_settings_of_its_task_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = Changed()
    monkeypatch.setenv("CHRYSOPEDIA_LLM_SYNTHESIS_MODEL", "gpt-5")
    assert changed() == {settings_source("synthesis")}


def test_how_a_model_would_answer_means_nothing_to_the_embedded_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = Changed()
    monkeypatch.setenv("CHRYSOPEDIA_LLM_TEMPERATURE", "0.9")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_THINKS", "true")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_BASE_URL", "http://one.example:8000/v1")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_EXTRA", '{"seed": 1}')
    assert changed() == set()


def test_the_taxonomy_is_in_the_embedded_engines_settings_but_for_classification_which_reads_it(
    prompts: Path,
) -> None:
    changed = Changed()
    replace(prompts / "taxonomy.toml", '"Serum",', '"Serum", "Serum of the Tests",')
    assert changed() == {TAXONOMY} | SETTINGS - {settings_source("classification")}


def test_the_taxonomy_does_not_count_where_a_model_answers(prompts: Path, model: None) -> None:
    changed = Changed()
    replace(prompts / "taxonomy.toml", '"Serum",', '"Serum", "Serum of the Tests",')
    assert changed() == {TAXONOMY}


def test_a_new_version_of_the_embedded_engine_changes_all_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = Changed()
    monkeypatch.setattr("resources.sources.EXTRACTIVE", "extractive 99")
    assert changed() == SETTINGS


def test_what_was_put_back_has_the_version_that_it_had(prompts: Path) -> None:
    changed = Changed()
    path = prompts / "extraction" / "system.md"
    text = path.read_text()
    append(path, "\nBe brief.\n")
    assert changed()
    path.write_text(text)
    assert changed() == set()


@pytest.mark.parametrize(
    "name",
    ["gpt-5", "meta-llama/Llama-3.3-70B-Instruct:free", "模型", "a" * 300, "--", "ünï cödé", "-x-"],
)
def test_every_version_can_be_a_tag_of_dagster(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_LLM_MODEL", name)
    monkeypatch.setenv("CHRYSOPEDIA_LLM_TEMPERATURE", "0.123456789012345")
    for version in versions().values():
        assert DAGSTER_TAG.fullmatch(version), version


def test_models_of_the_same_short_name_have_different_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = []
    for name in ("模型", "样本", "a" * 40, "a" * 41, "A" * 40):
        monkeypatch.setenv("CHRYSOPEDIA_LLM_MODEL", name)
        found.append(versions()[settings_source("synthesis")])
    assert len(set(found)) == len(found)
