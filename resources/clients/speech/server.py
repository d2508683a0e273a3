"""A recogniser behind HTTP: an OpenAI-compatible `/audio/transcriptions`, of OpenAI or of a server of your own.

What belongs here: how it is asked and what its answer means. What does not: HTTP and its errors (`llm.endpoint`),
windows, which are cut at pauses and short enough for most servers already.
"""

import asyncio
import io
import json
import time
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from chrysopedia_assets.errors import (
    EndpointFailed,
    InputRefused,
    PromptTooLong,
    RateLimited,
    RequestRejected,
    ServerFailed,
    TimedOut,
)
from chrysopedia_assets.models.records import content_hash
from resources.clients.captions.clean_text import clean_text
from resources.clients.captions.raw import Notes, RawSegment
from resources.clients.captions.tidy import JSON_RULES, tidy
from resources.clients.captions.whisper_json import read_json
from resources.clients.llm.endpoint import Endpoint, Unsupported
from resources.clients.speech.port import (
    SAMPLE_HZ,
    Ask,
    HeardClip,
    HeardSegment,
    Hints,
    Samples,
    Span,
)

_BYTES_PER_SAMPLE = 2
_HEADER_BYTES = 44
_TRIES = 4
_FIRST_WAIT_S, _LONGEST_WAIT_S = 2.0, 120.0
_AGAIN_TEMPERATURE = 0.2
_MAY_BE_LEFT_OUT = ("timestamp_granularities", "prompt", "temperature")
"""What some servers refuse and can do without: the times of words, most of all."""


def server_version(model: str) -> str:
    """Of what decides the result: as with language models, which server it is does not."""
    return content_hash("server", model)


@dataclass
class ServerRecogniser:
    """`max_mb` is what the server takes at once (OpenAI: 25)."""

    endpoint: Endpoint
    model: str
    max_mb: float
    timeout_s: float = 600.0
    sleep: Callable[[float], None] = time.sleep
    notes: tuple[str, ...] = ()
    _left_out: set[str] = field(default_factory=set, init=False)
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner, init=False)

    @property
    def made_by(self) -> str:
        return f"{self.model} at {self.endpoint.name}"

    def recognise(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        """Raises EndpointFailed, ConfigurationError and what is below them."""
        return [
            heard
            for part in _parts(list(clips), int(self.max_mb * 2**20))
            for heard in self._part(audio, part, ask)
        ]

    def close(self) -> None:
        self._runner.run(self.endpoint.close())
        self._runner.close()

    def _part(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        whole = Span(clips[0].start_s, clips[-1].end_s)
        start, end = round(whole.start_s * SAMPLE_HZ), round(whole.end_s * SAMPLE_HZ)
        answer = self._answer(_wav(audio[start:end]), self._form(ask))
        segments, language = self._read(answer)
        of_clip: list[list[HeardSegment]] = [[] for _ in clips]
        for one in segments:
            moved = one.later(whole.start_s)
            of_clip[_nearest(moved.span, clips)].append(moved)
        return [
            HeardClip(clip, tuple(mine), ask.language or language)
            for clip, mine in zip(clips, of_clip, strict=True)
        ]

    def _form(self, ask: Ask) -> dict[str, Any]:
        form = {
            "model": self.model,
            "response_format": "verbose_json",
            "timestamp_granularities": ["segment", "word"],
            "temperature": _AGAIN_TEMPERATURE if ask.again else 0.0,
            "prompt": _prompt(ask.hints),
            # It takes codes, and tells names: "english" is not sent back.
            "language": ask.language if ask.language and len(ask.language) <= 3 else "",
        }
        return {name: value for name, value in form.items() if value != ""}

    def _answer(self, wav: bytes, form: Mapping[str, Any]) -> dict[str, Any]:
        tries = 0
        while True:
            sent = {name: form[name] for name in form if name not in self._left_out}
            try:
                return self._runner.run(
                    self.endpoint.upload(
                        "/audio/transcriptions",
                        sent,
                        ("clip.wav", wav, "audio/wav"),
                        self.timeout_s,
                    )
                )
            except Unsupported as unsupported:
                self._leave_out(unsupported, sent)
            except PromptTooLong:
                raise RequestRejected(
                    f"{self.endpoint.name} does not take {len(wav) / 2**20:.1f} MB at once",
                    cure="Set CHRYSOPEDIA_TRANSCRIPTION_MAX_MB to what it takes, 1 at least (half a minute).",
                ) from None
            except (RateLimited, ServerFailed, TimedOut) as failure:
                tries += 1
                self._wait(failure, tries)

    def _leave_out(self, unsupported: Unsupported, sent: Mapping[str, Any]) -> None:
        refused = next((n for n in _MAY_BE_LEFT_OUT if n in sent and n in unsupported.told), None)
        if refused is None:
            raise self.endpoint.rejected(unsupported) from None
        self._left_out.add(refused)

    def _wait(self, failure: EndpointFailed, tries: int) -> None:
        wait_s = failure.retry_after_s or _FIRST_WAIT_S * 4 ** (tries - 1)
        if tries == _TRIES or wait_s > _LONGEST_WAIT_S:
            raise type(failure)(
                failure.what, cure="Run it again later: it goes on behind the last finished window."
            ) from None
        self.sleep(wait_s)

    def _read(self, answer: Mapping[str, Any]) -> tuple[list[HeardSegment], str | None]:
        """Segments in order; one without text is left out. An answer without any segments is one of silence."""
        if answer.get("segments") == [] and not str(answer.get("text", "")).strip():
            return [], None
        try:
            raw = read_json(json.dumps(answer))
            found = [
                _heard(segment, about)
                for segment, about in zip(raw.segments, answer["segments"], strict=True)
                if clean_text(segment.text)
            ]
        except (InputRefused, KeyError, ValueError) as error:
            what = error.what if isinstance(error, InputRefused) else "its segments cannot be read"
            raise RequestRejected(
                f"{self.endpoint.name} answers for {self.model} without times: {what}",
                cure="Choose a model and server that answer in verbose_json, such as whisper-1.",
            ) from None
        return sorted(found, key=lambda one: one.span), raw.language


def _parts(clips: list[Span], limit_bytes: int) -> list[list[Span]]:
    """As few as the limit allows, cut at the longest pause of the middle."""
    length = round((clips[-1].end_s - clips[0].start_s) * SAMPLE_HZ)
    if len(clips) == 1 or _HEADER_BYTES + length * _BYTES_PER_SAMPLE <= limit_bytes:
        return [clips]
    pauses_s = [after.start_s - before.end_s for before, after in pairwise(clips)]
    around = range(len(pauses_s) // 4, len(pauses_s) - len(pauses_s) // 4)
    cut = max(around, key=lambda at: pauses_s[at]) + 1
    return _parts(clips[:cut], limit_bytes) + _parts(clips[cut:], limit_bytes)


def _wav(audio: Samples) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_BYTES_PER_SAMPLE)
        file.setframerate(SAMPLE_HZ)
        file.writeframes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
    return written.getvalue()


def _prompt(hints: Hints) -> str:
    return " ".join(part for part in (hints.hotwords, hints.prompt) if part)


def _nearest(span: Span, clips: Sequence[Span]) -> int:
    middle_s = (span.start_s + span.end_s) / 2
    away_s = [max(clip.start_s - middle_s, middle_s - clip.end_s, 0.0) for clip in clips]
    return away_s.index(min(away_s))


def _heard(raw: RawSegment, about: Mapping[str, Any]) -> HeardSegment:
    [segment] = tidy([raw], JSON_RULES, Notes())
    return HeardSegment(
        segment, _number(about.get("avg_logprob")), _number(about.get("compression_ratio"))
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
