"""Windows and what is wanted of them as arrays of one shape, for one step of training each.

What belongs here is numpy: nothing learns yet.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tests.speech.synthesis import Spoken
from tests.speech.targets import Asked, Targets
from tests.speech.tokenizer import LAST_TIME, STEPS_A_SECOND, Ids, words_of
from tests.speech.windows import WHOLE_SENTENCES_BELOW_S, Window, Windows, words_by_step

IGNORED = -100
WINDOWS_A_STEP = {5: 24, 10: 12, 15: 8, 20: 6, 30: 5}
"""By their length in seconds."""


@dataclass(frozen=True)
class Batch:
    """B windows of T steps of 0.02 s, N rows for the decoder (N / B for each window), at most L tokens long."""

    length_s: int
    sound: NDArray[np.float32]
    """B, 80, 2 T: logarithmic mel, as faster-whisper makes it."""
    first_steps: list[int]
    """B: where in the model's 30 s each window stands."""
    given: NDArray[np.int64]
    """N, L"""
    wanted: NDArray[np.int64]
    """N, L; IGNORED where nothing is."""
    places: NDArray[np.int64]
    """N, R: of the tokens that a part of the window is known for; -1 fills up."""
    parts: NDArray[np.int64]
    """N, R, 2: that part, its first step and the one behind its last."""
    words: NDArray[np.int64]
    """B, T: which word is spoken, `word_count` for none."""


class Batches:
    def __init__(
        self, bank: Sequence[Spoken], tokenizer: Tokenizer, ids: Ids, chance: random.Random
    ) -> None:
        self._chance, self._ids = chance, ids
        written = [words_of(tokenizer, spoken.text) for spoken in bank]
        known = sorted({word[0] for sentence in written for word in sentence})
        number = {token: place for place, token in enumerate(known)}
        self.word_count = len(known)
        self._names = [[number[word[0]] for word in sentence] for sentence in written]
        self._windows = Windows(bank, chance)
        self._targets = Targets(bank, written, ids, chance)
        self._features = FeatureExtractor()

    def make(self, length_s: int) -> Batch:
        windows = [self._windows.make(length_s) for _ in range(WINDOWS_A_STEP[length_s])]
        steps = length_s * STEPS_A_SECOND
        first_steps = [self._chance.randint(0, LAST_TIME - steps) for _ in windows]
        after_text = self._chance.random() < 0.6 / 8  # all windows of a step: they are padded alike
        rows = [
            row
            for window, first_step in zip(windows, first_steps, strict=True)
            for row in self._rows(window, first_step, after_text)
        ]
        return Batch(
            length_s=length_s,
            sound=np.stack([self._mel(window) for window in windows]),
            first_steps=first_steps,
            given=_filled([row.given for row in rows], self._ids.end),
            wanted=_filled(
                [[IGNORED if one is None else one for one in row.wanted] for row in rows], IGNORED
            ),
            words=np.stack(
                [words_by_step(window, self._names, self.word_count) for window in windows]
            ),
            **_known_parts(rows),
        )

    def _rows(self, window: Window, first_step: int, after_text: bool) -> list[Asked]:
        """Of longer windows several, of which most often one is without times: the encoder's work is done but once."""
        count = 1 if window.length_s < 10 else 2 if window.length_s < 15 else 3
        rows = []
        for place in range(count):
            plain = 0.3 if count == 1 else 0.8 if place == 0 else 0.0
            if window.length_s >= WHOLE_SENTENCES_BELOW_S:
                after_text = self._chance.random() < 0.35
            timed = self._chance.random() >= plain
            rows.append(self._targets.ask(window, first_step, timed=timed, earlier=after_text))
        return rows

    def _mel(self, window: Window) -> NDArray[np.float32]:
        made = self._features(window.sound, padding=0)
        made[:, round(window.ends_s * 2 * STEPS_A_SECOND) :] = 0
        return made.astype(np.float32)


def _filled(rows: Sequence[Sequence[int]], filling: int) -> NDArray[np.int64]:
    made = np.full((len(rows), max(map(len, rows))), filling, np.int64)
    for place, row in enumerate(rows):
        made[place, : len(row)] = row
    return made


def _known_parts(rows: Sequence[Asked]) -> dict[str, NDArray[np.int64]]:
    known = [[at for at, part in enumerate(row.parts) if part is not None] for row in rows]
    most = max(1, *map(len, known))
    places = np.full((len(rows), most), -1, np.int64)
    parts = np.zeros((len(rows), most, 2), np.int64)
    for number, (row, found) in enumerate(zip(rows, known, strict=True)):
        places[number, : len(found)] = found
        for at, token in enumerate(found):
            start_s, end_s = row.parts[token]  # type: ignore[misc]
            # A step more on both sides: what is at the edge of a step is on both.
            parts[number, at, 0] = max(0, int(start_s * STEPS_A_SECOND) - 1)
            parts[number, at, 1] = max(1, int(end_s * STEPS_A_SECOND) + 2)
    return {"places": places, "parts": parts}
