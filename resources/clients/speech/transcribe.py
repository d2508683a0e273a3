"""The entrance: a media file in, a `Hearing` out, window by window, in memory that does not grow with the file.

What belongs here: going through the windows, keeping them, putting them together. What does not: each of the steps.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from chrysopedia_assets.models.hearing import Hearing
from chrysopedia_assets.models.records import content_hash
from resources.clients.speech.decoding import Decoder
from resources.clients.speech.listening import listen
from resources.clients.speech.media import refuse_changed, refuse_unfit
from resources.clients.speech.port import NO_HINTS, SAMPLE_HZ, Ask, Hints, Recogniser
from resources.clients.speech.probe import probe
from resources.clients.speech.speech import speech_in
from resources.clients.speech.together import HeardWindow, heard_window, main_language, together
from resources.clients.speech.tracks import speech_track
from resources.clients.speech.window_store import WindowStore
from resources.clients.speech.windows import WINDOW_S, windows

CODE_VERSION = "1"
"""Raised by hand when the code of this room, or a new version of a library, gives other words for the same sound."""

Progress = Callable[[float, float | None], None]
"""Seconds that are done, and of how many as far as the file says: at once, and after each window."""


@dataclass(frozen=True)
class Job:
    """What decides the result beside the file. `recogniser_version` is of what recognises (`whisper_version`,
    `server_version`); `language` is None where it is to be found out."""

    recogniser_version: str
    hints: Hints = NO_HINTS
    language: str | None = None
    window_s: float = WINDOW_S

    @property
    def version(self) -> str:
        """Equal for equal results: a new model, prompt or code makes transcripts stale by it."""
        hints = self.hints.prompt, self.hints.hotwords
        return content_hash(
            CODE_VERSION, self.recogniser_version, *hints, self.language or "", f"{self.window_s:g}"
        )


def transcribe(
    path: Path,
    recogniser: Recogniser,
    job: Job,
    *,
    content: str,
    store: WindowStore | None = None,
    progress: Progress = lambda done_s, of_s: None,
) -> Hearing:
    """All that is said in the file, and what may be wrong with it. `content` is the file's hash (`media_hash`).

    Raises InputRefused for a file without sound or speech, InputUnreadable for one that cannot be read or changes
    meanwhile, and what the recogniser raises.
    """
    before = refuse_unfit(path)
    track, notes = speech_track(path)
    decoder = Decoder(path, track)
    keys = _Keys(content, job, track)
    done = list(_kept(keys, store))
    first = done[-1].end if done else 0
    progress(first / SAMPLE_HZ, probe(path))
    for window in windows(decoder, speech_in, first, job.window_s):
        ask = Ask(job.language or main_language(done), job.hints)
        clips = listen(window, recogniser, ask, fixed_language=job.language is not None)
        done.append(heard := heard_window(window, clips))
        if store:
            store.put(keys.of(window.first), heard.model_dump_json())
        progress(window.span.end_s, decoder.declared_s)
    refuse_changed(path, before)
    return together(done, decoder, recogniser, (*notes, *recogniser.notes), path)


@dataclass(frozen=True)
class _Keys:
    content: str
    job: Job
    track: int

    def of(self, first: int) -> str:
        return content_hash(self.content, self.job.version, str(self.track), str(first))


def _kept(keys: _Keys, store: WindowStore | None) -> Iterator[HeardWindow]:
    """Windows from the beginning, as far as they follow one another; what cannot be read is heard again."""
    first = 0
    while store and (text := store.get(keys.of(first))):
        try:
            window = HeardWindow.model_validate_json(text)
        except ValidationError:
            return
        if window.end <= first:
            return
        yield window
        first = window.end
