"""Whisper models on this machine: where one is, whether it is complete, and which one it is by its content.

What belongs here: files and names. What does not: loading and using one (`whisper`). Nothing here asks the network but
`find_model(..., may_download=True)`.
"""

import hashlib
import json
import struct
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import BinaryIO

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import content_hash
from resources.clients.library import shown

_NEEDED = ("config.json", "model.bin", "tokenizer.json")
_VOCABULARY = ("vocabulary.json", "vocabulary.txt")
_WHOLE_BYTES = 64 * 2**20
_SAMPLE_BYTES, _SAMPLES = 2**16, 256
_OF_TRANSFORMERS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class FoundModel:
    """`name` is what was asked for; `fingerprint` is of its content: a copy elsewhere is the same model."""

    name: str
    folder: Path
    fingerprint: str


def find_model(name: str, *, may_download: bool = False) -> FoundModel:
    """A complete model, by the name of a size ("small"), of a repository ("owner/model"), or of a folder.

    Raises ConfigurationError which says what is missing, and where to get and put it.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        if _is_path(name):
            raise ConfigurationError(
                f"there is no folder {shown(name)}",
                cure="Correct the model's path, or give a name like small.",
            )
        folder = _from_hub(name, may_download)
    refuse_incomplete(folder)
    return FoundModel(name, folder, fingerprint(folder))


def _is_path(name: str) -> bool:
    return name.startswith(("/", "./", "../", "~", "\\")) or name.count("/") > 1


def _from_hub(name: str, may_download: bool) -> Path:
    """The folder in the hub's cache. A network that fails is told with what to do without one."""
    if cached := _cached(name):
        return cached
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(name, local_files_only=not may_download))
    except Exception as error:  # noqa: BLE001  # the hub's errors, and those of what it speaks HTTP with, have no base of their own
        why = (
            "and may not be downloaded"
            if not may_download
            else f"and cannot be downloaded: {_line(error)}"
        )
        raise ConfigurationError(
            f"the Whisper model {shown(name)} is not on this machine, {why}",
            cure=_how_to_get(name, may_download),
        ) from None


def _cached(name: str) -> Path | None:
    """Where the hub's cache has all of a model. Looked up here: a command that only asks for the model's version would
    otherwise import the whole recogniser, for seconds. What is there in part is left to the hub."""
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE) / f"models--{repository(name).replace('/', '--')}"
    try:
        found = folder / "snapshots" / (folder / "refs" / "main").read_text()
        refuse_incomplete(found)
    except (OSError, ConfigurationError):
        return None
    return found


def _how_to_get(name: str, may_download: bool) -> str:
    allowed = "" if may_download else "set CHRYSOPEDIA_WHISPER_DOWNLOAD=yes, or "
    return (
        f"With a network and without HF_HUB_OFFLINE: {allowed}hf download {repository(name)}."
        " Without one: copy its files (config.json, model.bin, tokenizer.json, vocabulary.*,"
        " preprocessor_config.json) into a folder, and give that folder as the model."
    )


def repository(name: str) -> str:
    """Where the hub has a model. Raises ConfigurationError for a name that is neither a size nor a repository's."""
    known = _sizes()
    if "/" not in name and name not in known:
        raise ConfigurationError(
            f"there is no Whisper model {shown(name)!r}",
            cure=f"Names are {', '.join(known)}; or give owner/model, or a folder.",
        )
    return name if "/" in name else known[name]


@cache
def _sizes() -> dict[str, str]:
    """The library's own table, read without the library around it."""
    library = find_spec("faster_whisper")
    assert library is not None and library.origin is not None
    spec = spec_from_file_location("_sizes", Path(library.origin).with_name("utils.py"))
    assert spec is not None and spec.loader is not None
    utils = module_from_spec(spec)
    spec.loader.exec_module(utils)
    return dict(utils._MODELS)


def refuse_incomplete(folder: Path) -> None:
    """Look at the files without loading them. Raises ConfigurationError that names the first that is wrong."""
    names = {path.name for path in folder.iterdir()}
    missing = [name for name in _NEEDED if name not in names]
    if not names.intersection(_VOCABULARY):
        missing.append(_VOCABULARY[0])
    if "model.bin" in missing and names.intersection(_OF_TRANSFORMERS):
        raise ConfigurationError(
            "the model is one for transformers, not for CTranslate2",
            where=shown(folder),
            cure="Convert it with ct2-transformers-converter --copy_files tokenizer.json preprocessor_config.json.",
        )
    if missing:
        raise ConfigurationError(
            f"the model has no {', '.join(missing)}",
            where=shown(folder),
            cure="Copy the missing files from where the model comes from.",
        )
    for name in sorted(
        names.intersection(("config.json", "tokenizer.json", "preprocessor_config.json"))
    ):
        _refuse_bad_json(folder / name)
    if not _is_whole(folder / "model.bin"):
        raise ConfigurationError(
            "it is cut off or damaged",
            where=shown(folder / "model.bin"),
            cure="Download or copy it again.",
        )


def _refuse_bad_json(path: Path) -> None:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        raise ConfigurationError(
            "it is not valid JSON", where=shown(path), cure="Download or copy it again."
        ) from None


def _is_whole(path: Path) -> bool:
    """Whether the file ends where its own table of contents says. Without it, gigabytes are loaded to find out."""
    try:
        with path.open("rb") as file:
            return _end_of_weights(file) <= path.stat().st_size
    except struct.error:
        return False


def _end_of_weights(file: BinaryIO) -> int:
    """As CTranslate2 writes it: version, name, revision; name, shape, type and bytes of each variable; pairs of names."""
    _number(file, "I")
    _skip_text(file)
    _number(file, "I")
    for _ in range(_number(file, "I")):
        _skip_text(file)
        for _ in range(_number(file, "B")):
            _number(file, "I")
        _number(file, "B")
        file.seek(_number(file, "I"), 1)
    for _ in range(2 * _number(file, "I")):
        _skip_text(file)
    return file.tell()


def _number(file: BinaryIO, kind: str) -> int:
    [number] = struct.unpack(kind, file.read(struct.calcsize(kind)))
    return int(number)


def _skip_text(file: BinaryIO) -> None:
    file.seek(_number(file, "H"), 1)


def fingerprint(folder: Path) -> str:
    """Of all that decides what the model says. Of weights of gigabytes, evenly spread samples: another training, or
    another quantisation, differs everywhere."""
    names = sorted(
        path.name for path in folder.iterdir() if path.suffix in (".json", ".bin", ".txt")
    )
    return content_hash(*(f"{name}:{_digest(folder / name)}" for name in names))


def _digest(path: Path) -> str:
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        if size <= _WHOLE_BYTES:
            digest.update(file.read())
        else:
            for place in range(_SAMPLES):
                file.seek((size - _SAMPLE_BYTES) * place // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
