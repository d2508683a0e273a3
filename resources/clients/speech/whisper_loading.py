"""A Whisper model made ready to recognise, on what this machine has.

What belongs here: settings, their version, devices, types to compute with. What does not: where models are
(`whisper_models`), recognising (`whisper`).
"""

from typing import TYPE_CHECKING, Literal

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import Record, Text, content_hash
from resources.clients.speech.whisper import WhisperRecogniser, one_line
from resources.clients.speech.whisper_models import FoundModel, find_model

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

Device = Literal["auto", "cpu", "cuda"]
ComputeType = Literal[
    "auto", "int8", "int8_float16", "int8_bfloat16", "float16", "bfloat16", "float32"
]

_BEST_TYPES: dict[str, tuple[ComputeType, ...]] = {
    "cuda": ("float16", "int8_float16", "float32"),
    "cpu": ("int8", "float32"),
}
_BATCH = {"cuda": 16, "cpu": 8}


class WhisperSettings(Record):
    """`model` is a name or a folder. `auto` is what the machine does best; `batch` 1 is one clip at a time."""

    model: Text = "small"
    device: Device = "auto"
    compute_type: ComputeType = "auto"
    beam: int = 5
    batch: int | None = None
    threads: int = 0
    """Of the processor; 0 leaves it to the library."""
    may_download: bool = False


def whisper_version(settings: WhisperSettings, model: FoundModel) -> str:
    """Of all that decides what is recognised. Neither device nor an automatic type is part of it: a laptop and a GPU
    worker that share a library would make each other's transcripts stale."""
    batched = "sequential" if settings.batch == 1 else "batched"
    return content_hash(
        "whisper", model.fingerprint, settings.compute_type, str(settings.beam), batched
    )


def load_whisper(settings: WhisperSettings) -> WhisperRecogniser:
    """Ready to recognise. Raises ConfigurationError for a model or device that is not here."""
    found = find_model(settings.model, may_download=settings.may_download)
    notes: tuple[str, ...] = ()
    device = device_for(settings.device)
    try:
        loaded = _loaded(found, device, settings)
    except RuntimeError as error:
        if settings.device != "auto" or device == "cpu":
            raise _cannot_load(found, device, error) from None
        notes = (f"the GPU could not be used, so the processor is: {one_line(error)}",)
        device = "cpu"
        loaded = _loaded(found, device, settings)
    return WhisperRecogniser(
        loaded, found.name, settings.beam, settings.batch or _BATCH[device], notes
    )


def device_for(wanted: Device) -> str:
    """The one that this machine has. Raises ConfigurationError where a GPU is wanted and there is none."""
    import ctranslate2

    gpus = ctranslate2.get_cuda_device_count()
    if wanted == "cuda" and not gpus:
        raise ConfigurationError(
            "there is no GPU here that CUDA can use",
            cure="Install its driver, or set the device to auto or cpu.",
        )
    return "cuda" if gpus and wanted != "cpu" else "cpu"


def _compute_type(wanted: ComputeType, device: str) -> ComputeType:
    import ctranslate2

    able = ctranslate2.get_supported_compute_types(device)
    if wanted == "auto":
        return next((one for one in _BEST_TYPES[device] if one in able), "float32")
    if wanted not in able:
        raise ConfigurationError(
            f"{wanted} is nothing that this {device} can compute with",
            cure=f"Set the compute type to auto, or to one of {', '.join(sorted(able))}.",
        )
    return wanted


def _loaded(found: FoundModel, device: str, settings: WhisperSettings) -> "WhisperModel":
    """Loaded and tried once: libraries that CUDA needs are looked for only when it computes."""
    import numpy as np
    from faster_whisper import WhisperModel

    model = WhisperModel(
        str(found.folder),
        device=device,
        compute_type=_compute_type(settings.compute_type, device),
        cpu_threads=settings.threads,
        local_files_only=True,
    )
    bins, expected = model.feature_extractor.mel_filters.shape[0], model.model.n_mels
    if bins != expected:
        raise ConfigurationError(
            f"the model wants {expected} frequency bands, and its preprocessor_config.json says {bins} or is missing",
            where=str(found.folder),
            cure="Copy preprocessor_config.json from where the model comes from.",
        )
    if device == "cuda":
        model.encode(np.zeros((bins, model.feature_extractor.nb_max_frames), np.float32))
    return model


def _cannot_load(found: FoundModel, device: str, error: RuntimeError) -> ConfigurationError:
    return ConfigurationError(
        f"the Whisper model cannot be loaded on {device}: {one_line(error)}",
        where=str(found.folder),
        cure="Download or copy the model again; for cuda, install cuBLAS and cuDNN, or set the device to auto.",
    )
