"""The file that a stage's input is kept in: what is in it, what is not, and what a damaged one says.

`python -m tests.harness.test_fixtures` writes the snapshot of its shape anew, after `FIXTURE_VERSION` was raised.
"""

import json
from pathlib import Path

import pytest

from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.harness.fixtures import (
    FIXTURE_VERSION,
    TASK_OF,
    Fixture,
    of_one_stage,
    read_fixture,
    read_fixtures,
    stage_of,
    written,
)
from chrysopedia_assets.harness.trying import run_stage, run_to_pages
from chrysopedia_assets.models.records import StageName, content_hash
from tests.builders import product_taxonomy
from tests.harness.builders import fixture
from tests.stages.test_reply_versions import without_descriptions

SNAPSHOT = Path(__file__).with_name("fixture_version.json")
every_stage = pytest.mark.parametrize("stage", TASK_OF)


def current() -> dict[str, object]:
    schema = without_descriptions(Fixture.model_json_schema())
    return {
        "version": FIXTURE_VERSION,
        "shape": content_hash(json.dumps(schema, sort_keys=True)),
    }


def put(folder: Path, text: str, name: str = "one.json") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_the_shape_of_a_fixture_and_its_version_go_together() -> None:
    assert json.loads(SNAPSHOT.read_text()) == current(), (
        "raise FIXTURE_VERSION unless files of before are still read, then: python -m tests.harness.test_fixtures"
    )


@every_stage
def test_what_is_written_is_read_again_and_gives_the_same_bytes(
    stage: StageName, tmp_path: Path
) -> None:
    text = written(fixture(stage))
    again = read_fixture(put(tmp_path, text))
    assert again == fixture(stage)
    assert written(again) == text


@every_stage
def test_a_stage_gives_on_its_fixture_what_it_gave_in_the_pipeline(stage: StageName) -> None:
    one = fixture(stage)
    assert run_stage(one, ExtractiveEngine(product_taxonomy())) == one.given_output


@every_stage
def test_the_stages_below_make_the_same_pages_of_it_too(stage: StageName) -> None:
    one = fixture(stage)
    assert one.given_output is not None
    pages = run_to_pages(one, one.given_output, ExtractiveEngine(product_taxonomy()))
    assert pages == fixture("technique_pages").given_output


def test_an_input_has_its_own_id_whatever_was_made_of_it() -> None:
    one = fixture("key_moments")
    unmade = one.model_copy(update={"output": one.output.model_copy(update={"key_moments": None})})
    assert unmade.fixture_id == one.fixture_id
    assert fixture("key_moments", "and one more thing").fixture_id != one.fixture_id


def test_secrets_and_paths_are_hidden_wherever_they_stand() -> None:
    said = "my key is sk-planted-key-1234 and it is in /home/someone/library"
    text = written(fixture("topic_chunks", said), ["sk-planted-key-1234", "/home/someone"])
    assert "sk-planted" not in text and "/home/someone" not in text
    assert "my key is [hidden] and it is in [hidden]/library" in text
    assert "kick" in written(fixture("topic_chunks", said), ["kick"]), "too short to be a secret"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text[: len(text) // 2], "cut off, or no JSON"),
        (lambda text: "", "cut off, or no JSON"),
        (lambda text: "[]", "this is no fixture"),
        (lambda text: text.replace('"fixture_version": 1', '"fixture_version": 7'), "version 7"),
        (lambda text: text.replace('"reply_version": 1', '"reply_version": 9'), "replies of version 9"),
        (lambda text: text.replace('"synthesis_groups"', '"key_moments"'), "not whole: input.key_moments"),
        (lambda text: text.replace('"stage": "technique_pages"', '"stage": "transcripts"'), "asks nobody"),
        (lambda text: text.replace('"stage": "technique_pages"', '"stage": "topic_chunks"'), "topic_chunks reads transcripts"),
    ],
)  # fmt: skip
def test_a_damaged_or_foreign_file_says_what_is_wrong_with_it(
    change: object, told: str, tmp_path: Path
) -> None:
    path = put(tmp_path, change(written(fixture())))  # type: ignore[operator]
    with pytest.raises(ConfigurationError) as caught:
        read_fixture(path)
    assert told in caught.value.what
    assert caught.value.where == str(path)
    assert "prompt export" in caught.value.cure


def test_a_fixture_from_before_topics_had_a_reason_is_read(tmp_path: Path) -> None:
    found = json.loads(written(fixture("key_moments")))
    for chunk in found["input"]["topic_chunks"]["chunks"]:
        chunk.pop("reason", None)
    of_topics = json.loads(written(fixture("topic_chunks"))) | {"reply_version": 1}
    for name, one in (("moments.json", found), ("topics.json", of_topics)):
        assert read_fixture(put(tmp_path, json.dumps(one), name)).stage == one["stage"]


def test_a_folder_gives_all_of_its_fixtures_each_input_once(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    put(tmp_path, written(fixture()), "b.json")
    put(tmp_path, written(fixture()), "a.json")
    put(tmp_path, written(fixture("key_moments")), "c.json")
    found = read_fixtures([tmp_path, tmp_path / "a.json"])
    assert [one.stage for one in found] == ["key_moments", "technique_pages"]
    with pytest.raises(ConfigurationError, match="several stages"):
        of_one_stage(found)
    with pytest.raises(ConfigurationError, match="there is no fixture"):
        read_fixtures([empty])


def test_a_stage_is_known_by_its_name_and_by_its_task() -> None:
    assert stage_of("synthesis") == stage_of("technique_pages") == "technique_pages"
    with pytest.raises(ConfigurationError, match="no stage transcripts has a prompt"):
        stage_of("transcripts")


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(current(), indent=1) + "\n")
