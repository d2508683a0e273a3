"""Speech by espeak-ng, within this process, with the second at which each word begins.

What belongs here is the way from a sentence to samples; what is done with them to train is in `windows`. The library is
called and not the command, which does not say when words begin.
"""

import ctypes
import random
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.speech.grammar import sentences

HZ = 16_000
_BRITISH = ("scotland", "x-rp", "x-gbclan", "x-gbcwmd")
VOICES = ("en-us", *(f"en-gb-{kind}" for kind in _BRITISH), "en-029", "en-us-nyc")
VARIANTS = ("", "+m1", "+m3", "+m7", "+f2", "+f4")
UNHEARD_VOICE = "en-us+m4"
"""Training never hears it."""

_AUDIBLE = 0.004
_WORD = 1  # espeakEVENT_WORD
_SPEED, _PITCH = 1, 3  # espeakRATE, espeakPITCH
_UTF8 = 1
_RETRIEVAL = 1  # samples come to us and not to a loudspeaker


@dataclass(frozen=True)
class Voice:
    name: str = "en-us"
    words_a_minute: int = 160
    pitch: int = 50
    """0 to 100."""


@dataclass(frozen=True)
class Spoken:
    text: str
    samples: NDArray[np.float16]
    """At 16 kHz, without silence around."""
    words_s: tuple[tuple[float, float], ...]
    """When each word begins and ends."""


class _Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h; its last part is a union of eight bytes."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Espeak:
    """The library, of which a process can have one."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._hz = self._library.espeak_Initialize(_RETRIEVAL, 0, None, 0)
        self._callback = _Callback(self._take)  # kept: the library holds no reference
        self._library.espeak_SetSynthCallback(self._callback)
        self._parts: list[NDArray[np.int16]] = []
        self._begins_s: dict[int, float] = {}

    def _take(self, samples, count: int, events) -> int:  # type: ignore[no-untyped-def]
        if samples and count > 0:
            self._parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        at = 0
        while events[at].type:
            if events[at].type == _WORD:
                self._begins_s[events[at].text_position - 1] = events[at].audio_position / 1000
            at += 1
        return 0

    def say(self, text: str, voice: Voice) -> tuple[NDArray[np.float32], dict[int, float]]:
        """Samples at 16 kHz, and the second at which the word at a place of the text begins."""
        if self._library.espeak_SetVoiceByName(voice.name.encode()):
            raise ValueError(f"espeak-ng has no voice {voice.name}")
        self._library.espeak_SetParameter(_SPEED, voice.words_a_minute, 0)
        self._library.espeak_SetParameter(_PITCH, voice.pitch, 0)
        self._parts, self._begins_s = [], {}
        raw = text.encode() + b"\0"
        size = ctypes.c_size_t(len(raw))
        self._library.espeak_Synth(raw, size, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        sound = np.concatenate(self._parts).astype(np.float32) / 32768
        return _at_16_khz(sound, self._hz), self._begins_s


_espeak = cache(_Espeak)


def _at_16_khz(sound: NDArray[np.float32], hz: int) -> NDArray[np.float32]:
    at = np.arange(-24, 25)
    low_pass = np.sinc(2 * 7600 / hz * at) * np.hamming(49)
    smooth = np.convolve(sound, low_pass / low_pass.sum(), "same")
    places = np.arange(len(sound) * HZ // hz) * hz / HZ
    return np.interp(places, np.arange(len(smooth)), smooth).astype(np.float32)


def speak(text: str, voice: Voice) -> Spoken:
    """Raises OSError where libespeak-ng is not installed, ValueError for a voice that it has not."""
    sound, begins_s = _espeak().say(text, voice)
    loud = np.flatnonzero(np.abs(sound) > _AUDIBLE)
    first, last = max(0, loud[0] - 160), min(len(sound), loud[-1] + 320)
    starts_s: list[float] = []
    at = 0
    for word in text.split():
        at = text.index(word, at)
        begins = begins_s.get(at)
        unknown = starts_s[-1] if starts_s else 0.0
        starts_s.append(unknown if begins is None else max(0.0, begins - first / HZ))
        at += len(word)
    ends_s = [*starts_s[1:], (last - first) / HZ]
    words_s = tuple(zip(starts_s, ends_s, strict=True))
    return Spoken(text, sound[first:last].astype(np.float16), words_s)


def training_speech(count: int, seed: int) -> list[Spoken]:
    """Sentences by voices that chance picks, ordered by voice: changing it costs more than speaking."""
    chance = random.Random(seed)
    texts = sentences(count, seed, never_trained_on=False)
    told = sorted(((_some_voice(chance), text) for text in texts), key=lambda one: one[0].name)
    return [speak(text, voice) for voice, text in told]


def _some_voice(chance: random.Random) -> Voice:
    name = "en-us" if chance.random() < 0.35 else chance.choice(VOICES) + chance.choice(VARIANTS)
    return Voice(name, chance.randint(130, 195), chance.randint(35, 65))
