"""What the model shall answer to a window, token by token, and which part of the window each token is about.

What belongs here is what Whisper's own training has: with times or without, after an earlier text or none, and that
nothing is said.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.speech.synthesis import HZ, Spoken
from tests.speech.tokenizer import STEPS_A_SECOND, Ids
from tests.speech.windows import Window

MOST_TOKENS = 447
MOST_EARLIER_TOKENS = 223
LATEST_FIRST_TIME_S = 1.0
"""The library lets a window begin no later."""

Words = tuple[tuple[int, ...], ...]
"""The ids of each word of a sentence."""
Part = tuple[float, float]
"""Seconds of the window."""


@dataclass(frozen=True)
class Asked:
    """A row for the decoder: what it is given, what it shall say to each, and the part of the window that says so."""

    given: list[int]
    wanted: list[int | None]
    parts: list[Part | None]


class Targets:
    """Writes what is wanted, by chance in one of the ways that are asked for later."""

    def __init__(
        self, bank: Sequence[Spoken], words: Sequence[Words], ids: Ids, chance: random.Random
    ) -> None:
        self._bank, self._words, self._ids, self._chance = bank, words, ids, chance

    def ask(self, window: Window, first_step: int, *, timed: bool, earlier: bool) -> Asked:
        """`first_step` is where in the 30 s of the model the window stands."""
        ids = self._ids
        before = [ids.earlier, *self._earlier_text()] if earlier else []
        mode = [] if timed else [ids.without_times]
        answer = list(self._answer(window, first_step, timed))
        language = ids.english if window.speech else ids.nothing_said
        given = [*before, ids.start, ids.english, ids.transcribe, *mode]
        # To the start it says the language, to the language nothing that counts.
        wanted = [*[None] * len(before), language, None, *[None] * len(mode)]
        return Asked(
            [*given, *(token for token, _ in answer[:-1])][:MOST_TOKENS],
            [*wanted, *(token for token, _ in answer)][:MOST_TOKENS],
            [*[None] * len(wanted), *(part for _, part in answer)][:MOST_TOKENS],
        )

    def _answer(
        self, window: Window, first_step: int, timed: bool
    ) -> Iterator[tuple[int, Part | None]]:
        ids, moved_s = self._ids, first_step / STEPS_A_SECOND
        if not window.speech:
            yield from [(ids.first_time, None)] if timed else []
            yield ids.end, None
            return
        for place, sentence in enumerate(window.sentences):
            if timed:
                start_s = sentence.start_s
                if place == 0 and first_step == 0:
                    start_s = min(start_s, LATEST_FIRST_TIME_S)
                yield ids.time(start_s + moved_s), _around(sentence.start_s)
            # Of a sentence that is cut, Whisper says with times only where it begins, and hears it in the next window.
            if sentence.complete or not timed:
                yield from self._said(window, place)
            if timed and sentence.complete:
                yield ids.time(sentence.end_s + moved_s), _around(sentence.end_s)
        spoken_until_s = window.sentences[-1].end_s if window.sentences else 0.0
        yield ids.end, (min(spoken_until_s, window.length_s - 0.2) - 0.1, window.length_s)

    def _said(self, window: Window, place: int) -> Iterator[tuple[int, Part]]:
        sentence = window.sentences[place]
        for tokens, (start_s, end_s) in zip(
            self._words[sentence.number], sentence.words_s, strict=True
        ):
            if not sentence.complete and end_s > window.length_s - 0.02:
                return
            for number, token in enumerate(tokens):
                yield token, (start_s if number == 0 else end_s - 0.06, end_s)

    def _earlier_text(self) -> list[int]:
        """What stood before: the window before with its times, a text without, or a few hints."""
        chance, kind = self._chance, self._chance.random()
        if kind < 0.85:
            length = chance.choice((20, 60, 120, MOST_EARLIER_TOKENS))
            text = self._sentences(length, timed=kind < 0.6)
        else:
            words = (chance.choice(chance.choice(self._words)) for _ in range(chance.randint(1, 8)))
            text = [word[0] for word in words]
        if chance.random() < 0.8:
            return text[-MOST_EARLIER_TOKENS:]
        return text[: chance.randint(1, 60)]

    def _sentences(self, length: int, timed: bool) -> list[int]:
        chance, at_s = self._chance, self._chance.uniform(0, 20)
        text: list[int] = []
        while len(text) < length:
            number = chance.randrange(len(self._bank))
            lasts_s = len(self._bank[number].samples) / HZ
            if at_s + lasts_s > 30:
                at_s = chance.uniform(0, 1)
            tokens = [token for word in self._words[number] for token in word]
            if timed:
                tokens = [self._ids.time(at_s), *tokens, self._ids.time(at_s + lasts_s)]
            text += tokens
            at_s += lasts_s + chance.uniform(0.1, 1)
        return text


def _around(at_s: float) -> Part:
    return at_s - 0.1, at_s + 0.1
