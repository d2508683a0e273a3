"""Where speech is, by Silero, the voice detector that faster-whisper brings.

What belongs here: the detector and its settings. What does not: what is done with the spans (`windows`, `coverage`).
It is the same for every recogniser, so that what one has missed is measured the same way.
"""

from resources.clients.speech.port import LONGEST_CLIP_S, SAMPLE_HZ, Samples, Span

_SHORTEST_MS = 100
_PAUSE_MS = 300
PAD_S = 0.4
"""How much sound a recogniser gets before and after speech: cut closer, first and last sounds are lost."""


def speech_in(audio: Samples) -> list[Span]:
    """Spans in order, without padding, each short enough for a clip; a pause within one is shorter than `_PAUSE_MS`."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    if not len(audio):
        return []
    options = VadOptions(
        min_speech_duration_ms=_SHORTEST_MS,
        min_silence_duration_ms=_PAUSE_MS,
        max_speech_duration_s=LONGEST_CLIP_S - 2 * PAD_S,
        speech_pad_ms=0,
    )
    found = get_speech_timestamps(audio, options, SAMPLE_HZ)
    return [Span(one["start"] / SAMPLE_HZ, one["end"] / SAMPLE_HZ) for one in found]
