"""Whether there is anything to transcribe in a media file, found out without decoding it all.

What belongs here: opening it, and the first sound of a track. What does not: what is said (`transcribe`).
"""

from pathlib import Path

from chrysopedia_assets.errors import InputRefused
from resources.clients.speech.decoding import Decoder
from resources.clients.speech.media import audio_tracks, declared_s, open_media


def probe(path: Path) -> float | None:
    """How long it says it is, in seconds. Raises InputRefused for what is no media file, or has no sound in it."""
    with open_media(path) as container:
        tracks = audio_tracks(container, path)
        lengths_s = [declared_s(container, track) for track in tracks]
    empty: InputRefused | None = None
    for track in range(len(tracks)):
        try:
            next(iter(Decoder(path, track)))
        except InputRefused as error:
            empty = error
        else:
            return max((length_s for length_s in lengths_s if length_s), default=None)
    assert empty is not None, "there is a track"
    raise empty
