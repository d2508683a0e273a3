"""What training hears: stretches of sound with sentences in them, silence, noise and music, made by chance.

What belongs here is sound and where words are in it; what the model shall answer is in `targets`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.speech.synthesis import HZ, Spoken
from tests.speech.tokenizer import STEPS_A_SECOND

Sound = NDArray[np.float32]

WHOLE_SENTENCES_BELOW_S = 10
"""Shorter windows have no sentence that goes on behind their end: first words are learned, then how windows are cut."""


@dataclass(frozen=True)
class Placed:
    """A sentence in a window, in seconds of the window; it may go on behind the window's end."""

    number: int
    start_s: float
    end_s: float
    words_s: tuple[tuple[float, float], ...]
    complete: bool


@dataclass(frozen=True)
class Window:
    length_s: float
    sound: Sound
    sentences: tuple[Placed, ...]
    speech: bool
    """False for one that was made without; one that was made for speech may have had no place for it."""
    ends_s: float
    """The model gets nothing from here on, as at the end of a file."""

    @property
    def cuts(self) -> bool:
        return self.length_s >= WHOLE_SENTENCES_BELOW_S


class Windows:
    """Makes windows of a bank of sentences."""

    def __init__(self, bank: Sequence[Spoken], chance: random.Random) -> None:
        self._bank, self._chance = bank, chance
        numbers = np.random.default_rng(chance.randrange(2**32))
        self._hiss = numbers.standard_normal(HZ * 120).astype(np.float32)
        self._music = [_music(60, chance) for _ in range(6)]

    def make(self, length_s: float) -> Window:
        chance = self._chance
        cuts = length_s >= WHOLE_SENTENCES_BELOW_S
        if chance.random() < (0.08 if cuts else 0.04):
            sound = self._noise(length_s) * np.float32(chance.choice((1, 3)))
            return Window(length_s, sound, (), speech=False, ends_s=length_s)
        until_s = chance.uniform(2, length_s) if cuts and chance.random() < 0.5 else length_s
        sound = np.zeros(round(length_s * HZ), np.float32)
        placed = self._fill(sound, until_s, cuts)
        ends_s = length_s
        if until_s < length_s and placed and placed[-1].complete:
            ends_s = min(length_s, placed[-1].end_s + chance.uniform(0, 1.5))
        if chance.random() < 0.75:
            sound += self._noise(length_s)
        return Window(length_s, sound, tuple(placed), speech=True, ends_s=ends_s)

    def _fill(self, sound: Sound, until_s: float, cuts: bool) -> list[Placed]:
        """Speaks into a sound, until a time or its end."""
        chance, length_s = self._chance, len(sound) / HZ
        late_s = 0.9 if chance.random() < 0.8 else min(3, length_s / 3)
        at_s = chance.uniform(0, late_s)
        placed: list[Placed] = []
        while at_s < until_s:
            number = chance.randrange(len(self._bank))
            spoken, words_s = self._say(self._bank[number])
            first = int(at_s * HZ)
            complete = first + len(spoken) <= len(sound)
            if not cuts and not complete:
                break
            room = sound[first : first + len(spoken)]
            room += spoken[: len(room)]
            end_s = (first + len(spoken)) / HZ
            there_s = tuple((at_s + start_s, at_s + stop_s) for start_s, stop_s in words_s)
            placed.append(Placed(number, first / HZ, end_s, there_s, complete))
            if not complete or (not cuts and chance.random() < 0.3):
                break
            at_s = end_s + (
                chance.uniform(0.12, 1.0) if chance.random() < 0.9 else chance.uniform(1, 4)
            )
        return placed

    def _say(self, spoken: Spoken) -> tuple[Sound, tuple[tuple[float, float], ...]]:
        """Louder or softer, and half of the time a little faster or slower."""
        sound, words_s = spoken.samples.astype(np.float32), spoken.words_s
        if self._chance.random() < 0.5:
            speed = self._chance.uniform(0.92, 1.08)
            places = np.arange(int(len(sound) / speed)) * speed
            sound = np.interp(places, np.arange(len(sound)), sound).astype(np.float32)
            words_s = tuple((start_s / speed, end_s / speed) for start_s, end_s in words_s)
        return sound * np.float32(self._chance.uniform(0.25, 1.1)), words_s

    def _noise(self, length_s: float) -> Sound:
        """Hiss, music, or next to nothing."""
        kind, count = self._chance.random(), round(length_s * HZ)
        source = self._chance.choice(self._music) if 0.4 <= kind < 0.8 else self._hiss
        first = self._chance.randrange(len(source) - count)
        loud = 1e-5
        if kind < 0.4:
            loud = 10 ** self._chance.uniform(-4.5, -2.3)
        elif kind < 0.8:
            loud = self._chance.uniform(0.3, 1.2)
        return source[first : first + count] * np.float32(loud)


def _music(length_s: float, chance: random.Random) -> Sound:
    """Chords that fade, not louder than speech in the background."""
    sound = np.zeros(round(length_s * HZ), np.float32)
    first = 0
    while first < len(sound):
        room = sound[first : first + int(HZ * chance.uniform(0.2, 1.2))]
        at_s = np.arange(len(room)) / HZ
        root_hz = chance.choice((82, 110, 131, 147, 165, 196, 220, 262, 330, 440))
        chord = chance.choice(((1, 1.26, 1.5), (1, 1.19, 1.5), (1, 2, 3)))
        tones = [np.sin(2 * np.pi * root_hz * ratio * at_s) / n for n, ratio in enumerate(chord, 1)]
        room += np.sum(tones, 0) * np.exp(-at_s * chance.uniform(1, 6))
        first += len(room)
    return sound * np.float32(10 ** chance.uniform(-2.3, -1.7))


def words_by_step(
    window: Window, names: Sequence[Sequence[int]], nothing: int
) -> NDArray[np.int64]:
    """For each 0.02 s, which word is spoken: a name by sentence and word, or nothing."""
    steps = np.full(round(window.length_s * STEPS_A_SECOND), nothing, np.int64)
    for placed in window.sentences:
        for name, (start_s, end_s) in zip(names[placed.number], placed.words_s, strict=True):
            steps[int(start_s * STEPS_A_SECOND) : int(end_s * STEPS_A_SECOND)] = name
    return steps
