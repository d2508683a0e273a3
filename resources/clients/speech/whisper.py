"""Whisper on this machine, through faster-whisper.

What belongs here: loading a model, and what the library is told. What does not: finding speech, judging what comes back.

* Clips are cut by us, so that its own voice detection, which takes pauses out and puts times back, is not used.
* Batched is several times faster on a GPU, and drops a passage now and then (its issue 1179); what is asked for again is
  never batched.
* `condition_on_previous_text` is off: with it, one slip is repeated for minutes.
* Nothing is drawn by lot, as Whisper does at higher temperatures when it is not sure: the same sound gives the same words,
  and nothing goes stale by itself. (A seed is no way: CTranslate2 heeds it once a thread.) A second try has a wider beam.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import Record, Text, content_hash
from chrysopedia_assets.models.transcripts import Segment
from resources.clients.captions.clean_text import clean_text
from resources.clients.speech.port import (
    SAMPLE_HZ,
    Ask,
    HeardClip,
    HeardSegment,
    Hints,
    Samples,
    Span,
)
from resources.clients.speech.whisper_models import FoundModel, find_model

if TYPE_CHECKING:
    from ctranslate2 import StorageView
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment as LibrarySegment

Device = Literal["auto", "cpu", "cuda"]
ComputeType = Literal[
    "auto", "int8", "int8_float16", "int8_bfloat16", "float16", "bfloat16", "float32"
]

_BEST_TYPES: dict[str, tuple[ComputeType, ...]] = {
    "cuda": ("float16", "int8_float16", "float32"),
    "cpu": ("int8", "float32"),
}
_BATCH = {"cuda": 16, "cpu": 8}
_MOST_HINT_TOKENS = 200
"""Prompt and hotwords may have 223 each by the library, which is all of the model's 448 places: a RuntimeError. What they
take is missing for the answer."""
_LONGEST_LOOP_TOKENS = 8
"""What nobody says twice in half a minute, and a recogniser that is lost writes twenty times."""
_LANGUAGE_CLIPS, _LANGUAGE_SURE = 3, 0.9


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


def load_whisper(settings: WhisperSettings) -> "WhisperRecogniser":
    """Ready to recognise. Raises ConfigurationError for a model or device that is not here."""
    found = find_model(settings.model, may_download=settings.may_download)
    device, notes = _device(settings.device)
    try:
        loaded = _loaded(found, device, settings)
    except RuntimeError as error:
        if settings.device != "auto" or device == "cpu":
            raise _cannot_load(found, device, error) from None
        notes = (f"the GPU could not be used, so the processor is: {_line(error)}",)
        device = "cpu"
        loaded = _loaded(found, device, settings)
    return WhisperRecogniser(
        loaded, found.name, settings.beam, settings.batch or _BATCH[device], notes
    )


def _device(wanted: Device) -> tuple[str, tuple[str, ...]]:
    import ctranslate2

    gpus = ctranslate2.get_cuda_device_count()
    if wanted == "cuda" and not gpus:
        raise ConfigurationError(
            "there is no GPU here that CUDA can use",
            cure="Install its driver, or set the device to auto or cpu.",
        )
    return ("cuda" if gpus and wanted != "cpu" else "cpu"), ()


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
        f"the Whisper model cannot be loaded on {device}: {_line(error)}",
        where=str(found.folder),
        cure="Download or copy the model again; for cuda, install cuBLAS and cuDNN, or set the device to auto.",
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


class WhisperRecogniser:
    """A loaded model."""

    def __init__(
        self, model: "WhisperModel", name: str, beam: int, batch: int, notes: tuple[str, ...]
    ) -> None:
        self._model, self._name, self._beam, self._batch = model, name, beam, batch
        self._notes = notes
        self._sounds_like: list[tuple[str, float]] = []
        if model.model.is_multilingual:
            self._note_languages()

    @property
    def made_by(self) -> str:
        from faster_whisper import __version__

        model = self._model.model
        name = self._name.rstrip("/").rpartition("/")[2]
        return f"faster-whisper {__version__}, {name}, {model.compute_type} on {model.device}"

    @property
    def notes(self) -> tuple[str, ...]:
        return self._notes

    def recognise(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        while self._batch > 1 and not ask.again:
            try:
                return self._batched(audio, clips, ask)
            except RuntimeError as error:  # CTranslate2 has no class for it
                if "out of memory" not in str(error):
                    raise
                self._batch //= 2
        return [self._sequential(audio, clip, ask) for clip in clips]

    def _batched(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        found, info = self._pipeline.transcribe(
            audio,
            batch_size=self._batch,
            clip_timestamps=[{"start": start_s, "end": end_s} for start_s, end_s in clips],
            **self._told(ask),
        )
        self._sounds_like.clear()  # what was found while looking for the language
        of_clip: list[list[HeardSegment]] = [[] for _ in clips]
        places = {
            int(int(clip.start_s * SAMPLE_HZ) / SAMPLE_HZ * 100): at
            for at, clip in enumerate(clips)
        }
        for segment in found:
            of_clip[places[segment.seek]] += _heard([segment])
        return [
            self._clip(clip, segments, info.language, at)
            for at, (clip, segments) in enumerate(zip(clips, of_clip, strict=True))
        ]

    def _sequential(self, audio: Samples, clip: Span, ask: Ask) -> HeardClip:
        start, end = int(clip.start_s * SAMPLE_HZ), int(clip.end_s * SAMPLE_HZ)
        found, info = self._model.transcribe(
            audio[start:end], **self._told(ask) | (self._thorough if ask.again else {})
        )
        self._sounds_like.clear()
        segments = [one.later(start / SAMPLE_HZ) for one in _heard(found)]
        return self._clip(clip, segments, info.language, 0)

    def _told(self, ask: Ask) -> dict[str, Any]:
        hints = self._within_limit(ask.hints)
        return {
            "language": ask.language,
            "language_detection_segments": _LANGUAGE_CLIPS,
            "language_detection_threshold": _LANGUAGE_SURE,
            "beam_size": self._beam,
            "temperature": 0.0,
            "initial_prompt": hints.prompt or None,
            "hotwords": hints.hotwords or None,
            "condition_on_previous_text": False,
            "without_timestamps": False,
            "word_timestamps": True,
        }

    @property
    def _thorough(self) -> dict[str, Any]:
        return {
            "beam_size": 2 * self._beam,
            "no_speech_threshold": None,
            "no_repeat_ngram_size": _LONGEST_LOOP_TOKENS,
        }

    def _clip(
        self, clip: Span, segments: Iterable[HeardSegment], language: str, at: int
    ) -> HeardClip:
        language_of, probability = (
            self._sounds_like[at] if at < len(self._sounds_like) else (None, 0.0)
        )
        return HeardClip(clip, tuple(segments), language, language_of, probability)

    def _within_limit(self, hints: Hints) -> Hints:
        """The prompt from its end, and after it as many hotwords as there is room for."""
        room = _MOST_HINT_TOKENS
        words, prompt = hints.prompt.split(), ""
        while words and (size := self._tokens(prompt := " ".join(words))) > room:
            words = words[max(1, size - room) // 4 + 1 :]
        room -= self._tokens(prompt) if words else 0
        hotwords = [word.strip() for word in hints.hotwords.split(",") if word.strip()]
        while hotwords and self._tokens(", ".join(hotwords)) > room:
            hotwords.pop()
        return Hints(prompt if words else "", ", ".join(hotwords))

    def _tokens(self, text: str) -> int:
        return len(self._model.hf_tokenizer.encode(text, add_special_tokens=False).ids)

    @cached_property
    def _pipeline(self) -> Any:
        from faster_whisper import BatchedInferencePipeline

        return BatchedInferencePipeline(self._model)

    def _note_languages(self) -> None:
        """Of every clip that is encoded, which language it sounds like. Asked of what is encoded anyway: encoding a
        clip once more would cost up to half of its time."""
        encode = self._model.encode

        def noting(features: Any) -> "StorageView":
            encoded = encode(features)
            for ranked in self._model.model.detect_language(encoded):
                token, probability = ranked[0]
                self._sounds_like.append((token.strip("<|>"), probability))
            return encoded

        self._model.encode = noting


def _heard(found: "Iterable[LibrarySegment]") -> Iterator[HeardSegment]:
    for one in found:
        if text := clean_text(one.text):
            yield HeardSegment(_segment(one, text), one.avg_logprob, one.compression_ratio)


def _segment(one: "LibrarySegment", text: str) -> Segment:
    start_s = max(0.0, float(one.start))
    words = [
        {
            "start_s": max(0.0, float(word.start)),
            "end_s": max(0.0, float(word.start), float(word.end)),
            "text": said,
        }
        for word in one.words or ()
        if (said := clean_text(word.word))
    ]
    return Segment.model_validate(
        {"start_s": start_s, "end_s": max(start_s, float(one.end)), "text": text, "words": words}
    )
