"""The real library with a real, small model: words with their seconds, whichever way it is asked."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chrysopedia_assets.errors import ConfigurationError, NotTranscribed
from resources.clients.speech.port import Ask, HeardClip, Hints, Samples, Span
from resources.clients.speech.speech import speech_in
from resources.clients.speech.whisper import WhisperRecogniser
from resources.clients.speech.whisper_loading import (
    WhisperSettings,
    load_whisper,
    whisper_version,
)
from resources.clients.speech.whisper_models import find_model
from resources.clients.speech.windows import clips
from tests.clients.speech.sounds import HZ, MODEL, SENTENCES, talk


def settings(**more: object) -> WhisperSettings:
    return WhisperSettings.model_validate({"model": str(MODEL), "threads": 1, **more})


def clips_of(audio: Samples) -> list[Span]:
    """Shorter than they could be, so that there are several."""
    spans = speech_in(audio)
    return clips(spans[:3], spans[3].start_s - 0.1) + [
        one.later(spans[3].start_s - 0.3)
        for one in clips([s.later(0.3 - spans[3].start_s) for s in spans[3:]], 60.0)
    ]


def text_of(found: list[HeardClip]) -> str:
    return " ".join(one.segment.text for clip in found for one in clip.segments)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


@pytest.fixture(scope="module")
def audio() -> Samples:
    return talk()[0]


@pytest.mark.parametrize("batch", [1, 4])
def test_words_come_back_with_their_seconds(audio: Samples, batch: int) -> None:
    recogniser = load_whisper(settings(batch=batch))
    found = recogniser.recognise(audio, clips_of(audio), Ask())
    expected = words(" ".join(SENTENCES))
    heard = words(text_of(found))
    assert len(set(expected) & set(heard)) >= 0.8 * len(set(expected))
    begins_s = talk()[1]
    for begin_s in begins_s:
        assert any(
            begin_s - 0.7 < word.start_s < begin_s + 0.7
            for clip in found
            for one in clip.segments
            for word in one.segment.words
        )
    assert all(
        clip.span.start_s - 0.1 <= one.segment.start_s <= one.segment.end_s <= clip.span.end_s + 0.5
        for clip in found
        for one in clip.segments
    )
    assert [clip.language for clip in found] == ["en", "en"]
    assert [clip.sounds_like for clip in found] == ["en", "en"]
    assert all(0 < clip.sounds_like_probability <= 1 for clip in found)


def test_languages_are_noted_of_clips_and_not_of_what_was_looked_at_before(
    whisper: WhisperRecogniser, audio: Samples
) -> None:
    whisper.recognise(audio, clips_of(audio), Ask(language=None))
    assert len(whisper._sounds_like) == 2


def test_a_silent_clip_gives_nothing(whisper: WhisperRecogniser) -> None:
    nothing = np.zeros(10 * HZ, np.float32)
    [clip] = whisper.recognise(nothing, [Span(0.0, 10.0)], Ask(again=True, language="en"))
    assert text_of([clip]).strip() == ""


def test_the_same_sound_gives_the_same_words(whisper: WhisperRecogniser, audio: Samples) -> None:
    noisy = audio + np.random.default_rng(3).standard_normal(len(audio)).astype(np.float32) * 0.2
    ask = Ask("en", again=True)  # Whisper would draw lots over what makes so little sense
    first = whisper.recognise(noisy, clips_of(audio), ask)
    assert whisper.recognise(noisy, clips_of(audio), ask) == first


def test_a_second_try_is_another_try(
    whisper: WhisperRecogniser, audio: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = whisper._model
    told: list[dict[str, object]] = []
    transcribe = model.transcribe
    monkeypatch.setattr(
        model, "transcribe", lambda sound, **more: (told.append(more), transcribe(sound, **more))[1]
    )
    [clip, _] = clips_of(audio)
    whisper.recognise(audio, [clip], Ask("en"))
    assert told == []  # batched
    whisper.recognise(audio, [clip], Ask("en", again=True))
    sequential = load_whisper(settings(batch=1))
    monkeypatch.setattr(sequential, "_model", model)
    sequential.recognise(audio, [clip], Ask("en"))
    assert told[0] != told[1]
    assert told[0]["no_speech_threshold"] is None
    assert [one["temperature"] for one in told] == [0.0, 0.0]


def test_hints_longer_than_the_model_reads_leave_room_for_its_answer(
    whisper: WhisperRecogniser, audio: Samples
) -> None:
    many = ", ".join(f"compressor number {n}" for n in range(400))
    hints = whisper._within_limit(Hints("Set the attack to ten. " * 100, many))
    assert whisper._tokens(hints.prompt) + whisper._tokens(hints.hotwords) <= 200
    assert hints.prompt.endswith("Set the attack to ten.")
    [clip] = whisper.recognise(audio, clips_of(audio)[:1], Ask("en", Hints("Set it. " * 400, many)))
    assert clip.language == "en"


def test_hints_that_fit_are_given_whole(whisper: WhisperRecogniser) -> None:
    hints = Hints("A tutorial by Ann.", "compressor, limiter")
    assert whisper._within_limit(hints) == hints
    assert whisper._within_limit(Hints()) == Hints()


def test_it_says_what_it_is(whisper: WhisperRecogniser) -> None:
    name = MODEL.name
    assert re.fullmatch(rf"faster-whisper [\d.]+, {name}, int8_float32 on cpu", whisper.made_by)


def test_without_a_gpu_none_is_used_and_asking_for_one_is_told() -> None:
    with pytest.raises(ConfigurationError, match="no GPU here that CUDA can use"):
        load_whisper(settings(device="cuda"))


def test_a_gpu_without_its_libraries_is_told_and_the_processor_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ctranslate2

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    able = ctranslate2.get_supported_compute_types("cpu")
    monkeypatch.setattr(
        ctranslate2, "get_supported_compute_types", lambda device: {*able, "float16"}
    )
    recogniser = load_whisper(settings())
    assert recogniser.made_by.endswith("on cpu")
    [note] = recogniser.notes
    assert "the GPU could not be used, so the processor is" in note
    with pytest.raises(ConfigurationError, match="cannot be loaded on cuda"):
        load_whisper(settings(device="cuda"))


def test_a_batch_that_the_memory_does_not_hold_is_made_smaller(
    audio: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    recogniser = load_whisper(settings(batch=8))
    batches = []
    transcribe = recogniser._pipeline.transcribe

    def small_gpu(sound: Samples, batch_size: int, **more: object) -> object:
        batches.append(batch_size)
        if batch_size > 2:
            raise RuntimeError("CUDA failed with error out of memory")
        return transcribe(sound, batch_size=batch_size, **more)

    monkeypatch.setattr(recogniser._pipeline, "transcribe", small_gpu)
    assert text_of(recogniser.recognise(audio, clips_of(audio), Ask("en")))
    assert batches == [8, 4, 2]


@pytest.mark.parametrize("batch", [1, 4])
def test_what_the_library_cannot_do_is_told_and_ends_no_batch_of_files(
    audio: Samples, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    recogniser = load_whisper(settings(batch=batch))

    def no_memory(*given: object, **more: object) -> object:
        raise RuntimeError("CUDA failed with error out of memory")

    monkeypatch.setattr(recogniser._pipeline, "transcribe", no_memory)
    monkeypatch.setattr(recogniser._model, "transcribe", no_memory)
    with pytest.raises(NotTranscribed, match="Whisper failed on cpu: CUDA failed"):
        recogniser.recognise(audio, clips_of(audio), Ask("en"))


def test_a_type_that_the_processor_cannot_compute_with_is_told() -> None:
    with pytest.raises(ConfigurationError, match="float16 is nothing that this cpu"):
        load_whisper(settings(device="cpu", compute_type="float16"))


def test_a_model_for_other_frequency_bands_is_told(tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path / "model", copy_function=shutil.copyfile)
    (tmp_path / "model").chmod(0o755)
    config = tmp_path / "model" / "preprocessor_config.json"
    config.write_text(json.dumps({"feature_size": 128}))
    with pytest.raises(ConfigurationError, match="wants 80 frequency bands"):
        load_whisper(WhisperSettings(model=str(tmp_path / "model")))


def test_the_version_is_of_what_decides_the_words() -> None:
    model = find_model(str(MODEL))

    def version(**more: object) -> str:
        return whisper_version(settings(**more), model)

    assert version() == version(device="cpu") == version(threads=2) == version(batch=8)
    changed = [version(), version(beam=1), version(compute_type="float32"), version(batch=1)]
    assert len(set(changed)) == 4
    assert whisper_version(settings(), replace(model, fingerprint="0")) != version()
