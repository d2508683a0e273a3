"""A transcription server over real HTTP: what it is sent, and what its answers and failures become."""

import io
import json
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from typing import Any

import numpy as np
import pytest

from chrysopedia_assets.errors import (
    AccessDenied,
    ModelNotFound,
    RateLimited,
    RequestRejected,
    ServerFailed,
)
from resources.clients.llm.endpoint import Endpoint
from resources.clients.speech.port import SAMPLE_HZ, Ask, HeardClip, Hints, Span
from resources.clients.speech.server import ServerRecogniser, server_version
from tests.fakes.scripted_server import Asked, ScriptedServer, Sent, refusal

AUDIO = np.zeros(100 * SAMPLE_HZ, np.float32)
CLIPS = [Span(2.0, 20.0), Span(21.0, 40.0), Span(50.0, 75.0)]


def form_of(asked: Asked) -> tuple[dict[str, list[str]], float]:
    """Fields of the form, and the seconds of sound."""
    head = f"content-type: {asked.headers['content-type']}\r\n\r\n".encode()
    fields: dict[str, list[str]] = {}
    seconds = 0.0
    for part in message_from_bytes(head + asked.body).get_payload():
        name = str(part.get_param("name", header="content-disposition"))  # type: ignore[union-attr]
        raw = part.get_payload(decode=True)  # type: ignore[union-attr]
        if name == "file":
            with wave.open(io.BytesIO(raw)) as file:  # type: ignore[arg-type]
                seconds = file.getnframes() / file.getframerate()
        else:
            fields.setdefault(name, []).append(raw.decode())  # type: ignore[union-attr]
    return fields, seconds


def verbose(*segments: tuple[float, float, str], **more: Any) -> str:
    told = [
        {"id": n, "start": a, "end": b, "text": f" {text}", "avg_logprob": -0.2, "compression_ratio": 1.1}
        for n, (a, b, text) in enumerate(segments)
    ]  # fmt: skip
    text = " ".join(text for _, _, text in segments)
    return json.dumps(
        {"task": "transcribe", "language": "english", "text": text, "segments": told, **more}
    )


@contextmanager
def serving(
    respond: Callable[[Asked], Sent], max_mb: float = 24
) -> Iterator[tuple[ServerRecogniser, ScriptedServer]]:
    with ScriptedServer(respond) as server:
        recogniser = ServerRecogniser(
            Endpoint(server.base_url, "a-secret-key-of-ours"),
            "whisper-1",
            max_mb,
            sleep=lambda s: None,
        )
        yield recogniser, server
        recogniser.close()


def recognised(body: str, ask: Ask | None = None) -> list[HeardClip]:
    with serving(lambda asked: Sent(body)) as (recogniser, _):
        return recogniser.recognise(AUDIO, CLIPS, ask or Ask())


def test_it_is_asked_for_segments_and_words_of_one_piece_of_sound() -> None:
    with serving(lambda asked: Sent(verbose((0, 2, "Hello.")))) as (recogniser, server):
        recogniser.recognise(AUDIO, CLIPS, Ask("en", Hints("A tutorial.", "Serum, Vital")))
    [asked] = server.asked
    assert asked.path == "/v1/audio/transcriptions"
    assert asked.headers["authorization"] == "Bearer a-secret-key-of-ours"
    fields, seconds = form_of(asked)
    assert seconds == 73.0
    assert fields == {
        "model": ["whisper-1"],
        "response_format": ["verbose_json"],
        "timestamp_granularities[]": ["segment", "word"],
        "temperature": ["0.0"],
        "prompt": ["Serum, Vital A tutorial."],
        "language": ["en"],
    }


def test_times_count_from_the_window_and_segments_come_to_their_clips() -> None:
    words = [
        {"word": "Hello.", "start": 0.5, "end": 1.0},
        {"word": "Bye.", "start": 49.0, "end": 49.5},
    ]
    found = recognised(verbose((0.5, 1.5, "Hello."), (49.0, 50.0, "Bye."), words=words))
    assert [len(clip.segments) for clip in found] == [1, 0, 1]
    [first], _, [last] = (clip.segments for clip in found)
    assert (first.segment.start_s, first.segment.text) == (2.5, "Hello.")
    assert (last.segment.start_s, last.segment.words[0].start_s) == (51.0, 51.0)
    assert (first.log_probability, first.compression_ratio) == (-0.2, 1.1)
    assert [clip.language for clip in found] == ["english"] * 3


def test_segments_without_words_are_taken() -> None:
    [clip, _, _] = recognised(verbose((0.5, 1.5, "Hello.")))
    assert clip.segments[0].segment.words == ()


def test_an_answer_of_silence_is_no_fault() -> None:
    found = recognised(json.dumps({"text": "", "segments": [], "language": "english"}))
    assert [clip.segments for clip in found] == [(), (), ()]


def test_what_is_larger_than_the_server_takes_is_cut_at_the_longest_pause() -> None:
    with serving(lambda asked: Sent(verbose((0, 1, "Part."))), max_mb=1.8) as (recogniser, server):
        found = recogniser.recognise(AUDIO, CLIPS, Ask())
    assert [form_of(asked)[1] for asked in server.asked] == [38.0, 25.0]
    starts_s = [one.segment.start_s for clip in found for one in clip.segments]
    assert starts_s == [2.0, 50.0]


def test_a_second_try_is_another_try() -> None:
    with serving(lambda asked: Sent(verbose((0, 1, "Part.")))) as (recogniser, server):
        recogniser.recognise(AUDIO, CLIPS[:1], Ask("en"))
        recogniser.recognise(AUDIO, CLIPS[:1], Ask("en", again=True))
    first, second = (form_of(asked)[0] for asked in server.asked)
    assert first != second


def test_a_server_without_times_of_words_is_asked_without_them_from_then_on() -> None:
    def respond(asked: Asked) -> Sent:
        if b"timestamp_granularities" in asked.body:
            return Sent(refusal("unknown field timestamp_granularities"), 400)
        return Sent(verbose((0, 1, "Part.")))

    with serving(respond) as (recogniser, server):
        for _ in range(2):
            [clip] = recogniser.recognise(AUDIO, CLIPS[:1], Ask())
            assert clip.segments
    assert len(server.asked) == 3


def test_a_language_that_was_told_by_name_is_not_sent_back() -> None:
    with serving(lambda asked: Sent(verbose((0, 1, "Part.")))) as (recogniser, server):
        [clip] = recogniser.recognise(AUDIO, CLIPS[:1], Ask("english"))
    assert "language" not in form_of(server.asked[0])[0]
    assert clip.language == "english"


def test_a_failure_that_passes_is_waited_for() -> None:
    answers = [
        Sent(refusal("slow down"), 429, {"retry-after": "7"}),
        Sent("busy", 503),
        Sent(verbose((0, 1, "Part."))),
    ]
    waited: list[float] = []
    with serving(lambda asked: answers.pop(0)) as (recogniser, _):
        recogniser.sleep = waited.append
        [clip] = recogniser.recognise(AUDIO, CLIPS[:1], Ask())
    assert clip.segments[0].segment.text == "Part."
    assert waited[0] == 7
    assert len(waited) == 2


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (Sent(refusal("bad key"), 401), AccessDenied),
        (Sent(refusal("no such model"), 404), ModelNotFound),
        (Sent(refusal("slow down"), 429), RateLimited),
        (Sent(refusal("slow down"), 429, {"retry-after": "86400"}), RateLimited),
        (Sent("oops", 500), ServerFailed),
        (Sent("<html>Sign in</html>"), ServerFailed),
        (Sent(refusal("too large"), 413), RequestRejected),
        (Sent(refusal("what is this?"), 400), RequestRejected),
        (Sent('{"text": "No times at all."}'), RequestRejected),
        (Sent('{"text": "x", "segments": "none"}'), RequestRejected),
        (Sent('{"text": "x", "segments": [{"text": "x", "start": 3, "end": null}]}'), RequestRejected),
        (Sent('{"text": "x", "segments": [{"text": "x", "start": 9, "end": 1}]}'), RequestRejected),
    ],
    ids=lambda value: value.body[:30] + str(value.status) if isinstance(value, Sent) else None,
)  # fmt: skip
def test_a_failure_that_stays_says_what_to_do(sent: Sent, error: type[Exception]) -> None:
    with serving(lambda asked: sent) as (recogniser, _), pytest.raises(error) as failed:
        recogniser.recognise(AUDIO, CLIPS, Ask())
    assert "a-secret-key-of-ours" not in str(failed.value)
    assert failed.value.cure  # type: ignore[attr-defined]


def test_it_says_what_it_is() -> None:
    recogniser = ServerRecogniser(Endpoint("http://user:pass@host:8000/v1", "key"), "whisper-1", 24)
    assert recogniser.made_by == "whisper-1 at host:8000/v1"
    assert server_version("whisper-1") != server_version("whisper-2")
