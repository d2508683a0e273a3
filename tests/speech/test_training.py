"""The parts that need torch run: a model learns a little, and faster-whisper loads what is exported."""

import random
from pathlib import Path

import pytest

from tests.speech.batches import Batches
from tests.speech.test_batches import BANK
from tests.speech.tokenizer import load, tokenizer_json

torch = pytest.importorskip("torch", reason="torch is for making the model alone: see make.py")
pytest.importorskip("transformers", reason="transformers is for making the model alone")

from tests.speech import training  # noqa: E402 - needs torch
from tests.speech.export import export  # noqa: E402
from tests.speech.model import Shape, TinyWhisper  # noqa: E402

SMALL = Shape(width=32, heads=2, inner=64, encoder_layers=1, decoder_layers=2)


def test_a_course_goes_from_short_windows_to_long_ones_and_from_large_steps_to_small_ones() -> None:
    course = training.Course(minutes=1e9)
    assert course.done < 1e-6
    assert {course.window_length_s(step) for step in range(9)} == {5}
    assert course.rate(0) < course.rate(100) == pytest.approx(training.RATE)
    over = training.Course(minutes=1, began_s=course.began_s - 3600)
    assert over.done == 1
    assert {over.window_length_s(step) for step in range(9)} == {10, 20, 30}
    assert over.rate(100) == pytest.approx(training.RATE * training.LAST_RATE)


def test_what_is_heard_again_and_again_is_learned() -> None:
    tokenizer, ids = load(tokenizer_json())
    batches = Batches(BANK, tokenizer, ids, random.Random(0))
    batch = batches.make(5)
    torch.manual_seed(0)
    model = TinyWhisper(SMALL, ids, batches.word_count)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(12):
        _, loss = training.hear(model, batch, ids)
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()
        losses.append([part.item() for part in (loss.tokens, loss.looking, loss.words)])
    assert all(last < 0.97 * first for first, last in zip(losses[0], losses[-1], strict=True)), (
        losses
    )


def test_it_is_trained_and_exported_for_faster_whisper(tmp_path: Path) -> None:
    from faster_whisper import WhisperModel

    written, told = tokenizer_json(), []
    folder = tmp_path / "model"
    training.train(
        BANK,
        written,
        minutes=0.05,
        seed=0,
        tell=told.append,
        keep=lambda model: export(model, written, SMALL, folder),
        shape=SMALL,
    )
    assert "loss" in told[0]
    model = WhisperModel(str(folder), device="cpu", cpu_threads=1)
    assert model.model.is_multilingual
    segments, _ = model.transcribe(BANK[0].samples.astype("float32"), language="en")
    assert all(0 <= one.start <= one.end <= 30 for one in segments)
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "model.bin",
        "preprocessor_config.json",
        "tokenizer.json",
        "vocabulary.json",
    ]
