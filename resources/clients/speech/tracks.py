"""Which audio track of a file has the speech.

Not the loudest and not the first: a recording of a session has the sound of the program on one and the microphone on the
other, and a screen recorder an empty one before both.
"""

from pathlib import Path

from chrysopedia_assets.errors import InputRefused
from resources.clients.speech.decoding import Decoder, as_float
from resources.clients.speech.media import audio_tracks, declared_s, open_media
from resources.clients.speech.port import SAMPLE_HZ
from resources.clients.speech.speech import speech_in

_LOOKS = 5
_LOOK_S = 20.0
_NEARLY = 0.8
"""A track with this share of the most speech is as good, and the first of them is what a player plays."""


def speech_track(path: Path) -> tuple[int, tuple[str, ...]]:
    """Its number, and what there was to choose from; costs nothing where there is but one.

    Raises InputRefused and InputUnreadable.
    """
    with open_media(path) as container:
        tracks = audio_tracks(container, path)
        if len(tracks) == 1:
            return 0, ()
        lengths_s = [declared_s(container, track) or 0.0 for track in tracks]
    speech_s = [_speech_s(path, number, length_s) for number, length_s in enumerate(lengths_s)]
    chosen = next(at for at, found_s in enumerate(speech_s) if found_s >= _NEARLY * max(speech_s))
    each = ", ".join(f"{found_s:.0f} s in track {at + 1}" for at, found_s in enumerate(speech_s))
    return chosen, (f"track {chosen + 1} of {len(tracks)} was taken; speech in samples: {each}",)


def _speech_s(path: Path, track: int, length_s: float) -> float:
    """Speech in samples of a track that are spread over it."""
    places_s = [length_s * look / _LOOKS for look in range(_LOOKS)]
    if length_s <= _LOOKS * _LOOK_S:
        return _found_s(path, track, 0.0, _LOOKS * _LOOK_S)
    return sum(_found_s(path, track, place_s, _LOOK_S) for place_s in places_s)


def _found_s(path: Path, track: int, from_s: float, length_s: float) -> float:
    try:
        blocks = []
        wanted = round(length_s * SAMPLE_HZ)
        for block in Decoder(path, track, from_s):
            blocks.append(block)
            wanted -= len(block)
            if wanted <= 0:
                break
    except InputRefused:  # nothing in it, or nothing behind this place
        return 0.0
    return sum(span.length_s for span in speech_in(as_float(blocks)))
