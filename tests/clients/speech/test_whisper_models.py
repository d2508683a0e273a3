"""A model is here and complete, or it is said what is missing, without asking the network."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chrysopedia_assets.errors import ConfigurationError
from resources.clients.speech.whisper_models import find_model, fingerprint
from resources.settings import PROJECT
from tests.clients.speech.sounds import MODEL


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    copy = tmp_path / "model"
    copy.mkdir()
    for path in MODEL.iterdir():
        shutil.copyfile(path, copy / path.name)
    return copy


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    cache = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    return cache


def refused(name: object, **more: bool) -> str:
    with pytest.raises(ConfigurationError) as error:
        find_model(str(name), **more)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_complete_folder_is_found(model: Path) -> None:
    assert find_model(str(model)).folder == model


@pytest.mark.parametrize("name", ["config.json", "model.bin", "tokenizer.json", "vocabulary.json"])
def test_what_a_folder_lacks_is_named(model: Path, name: str) -> None:
    (model / name).unlink()
    assert f"the model has no {name}" in refused(model)


@pytest.mark.parametrize("share", [0.0, 0.00001, 0.5, 0.999999])
def test_weights_that_are_cut_off_are_named(model: Path, share: float) -> None:
    weights = model / "model.bin"
    weights.write_bytes(weights.read_bytes()[: int(share * weights.stat().st_size)])
    assert "model.bin: it is cut off or damaged" in refused(model)


def test_a_page_saved_in_place_of_weights_is_named(model: Path) -> None:
    (model / "model.bin").write_text("<!doctype html><title>Sign in</title>" * 50)
    assert "model.bin: it is cut off or damaged" in refused(model)


def test_a_broken_json_file_is_named(model: Path) -> None:
    (model / "tokenizer.json").write_text('{"cut')
    assert "tokenizer.json: it is not valid JSON" in refused(model)


def test_a_model_for_another_library_says_how_to_convert_it(model: Path) -> None:
    (model / "model.bin").rename(model / "model.safetensors")
    assert "ct2-transformers-converter" in refused(model)


def test_a_folder_that_is_not_there_is_no_name_of_a_model() -> None:
    assert "there is no folder /no/such/model" in refused("/no/such/model")


def test_a_name_that_nobody_knows_lists_those_that_are_known() -> None:
    told = refused("smal")
    assert "'smal'" in told
    assert "large-v3" in told


@pytest.mark.parametrize("name", ["small", "somebody/some-model"])
def test_a_model_that_is_not_here_says_where_to_get_it(hub: Path, name: str) -> None:
    told = refused(name)
    assert "is not on this machine, and may not be downloaded" in told
    assert "hf download " in told
    assert "HF_HUB_OFFLINE" in told
    assert "into a folder" in told


def test_a_download_without_a_network_is_told_in_words(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    told = refused("small", may_download=True)
    assert "cannot be downloaded" in told
    assert "hf download Systran/faster-whisper-small" in told


@pytest.fixture
def cached(hub: Path, model: Path) -> Path:
    """A model as the hub's cache has it."""
    repository = hub / "models--Systran--faster-whisper-small"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc123")
    return Path(shutil.copytree(model, repository / "snapshots" / "abc123"))


@pytest.mark.parametrize("name", ["small", "Systran/faster-whisper-small"])
@pytest.mark.parametrize("may_download", [False, True])
def test_a_model_in_the_cache_is_found_by_its_name(
    cached: Path, model: Path, name: str, may_download: bool
) -> None:
    found = find_model(name, may_download=may_download)
    assert found.folder == cached
    assert found.fingerprint == fingerprint(model)


def test_what_the_cache_has_only_in_part_is_told(cached: Path) -> None:
    (cached / "model.bin").unlink()
    assert "the model has no model.bin" in refused("small")


def test_looking_for_a_model_by_name_imports_no_recogniser(hub: Path, cached: Path) -> None:
    """For a verdict on a library it would take seconds each time."""
    code = (
        "import sys; from resources.clients.speech.whisper_models import find_model; find_model('small');"
        "assert not {'faster_whisper', 'ctranslate2', 'av', 'numpy'} & {*sys.modules}"
    )
    told = {**os.environ, "HF_HUB_CACHE": str(hub)}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PROJECT, env=told)


def test_a_copy_is_the_same_model_and_another_training_is_not(model: Path) -> None:
    before = fingerprint(model)
    assert before == fingerprint(MODEL)
    raw = bytearray((model / "model.bin").read_bytes())
    raw[len(raw) // 2] ^= 1
    (model / "model.bin").write_bytes(raw)
    changed = fingerprint(model)
    assert changed != before
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"suppress_ids": [1]}))
    assert fingerprint(model) != changed
