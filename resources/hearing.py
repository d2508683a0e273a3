"""Transcribing the media file of a video with what the settings name: which version of it, and the doing.

What belongs here: settings, taxonomy and video put together for the client (`clients/speech`); one at a time; progress
for whoever listens. What does not: variables (`speech_settings`), how speech becomes text.
"""

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from chrysopedia_assets.errors import ConfigurationError, NotTranscribed
from chrysopedia_assets.models.clock import heard_in_words
from chrysopedia_assets.models.hearing import Hearing
from chrysopedia_assets.models.taxonomy import Taxonomy
from resources.clients.llm.endpoint import Endpoint
from resources.clients.speech.port import Hints, Recogniser
from resources.clients.speech.server import ServerRecogniser, server_version
from resources.clients.speech.transcribe import Job, Progress, transcribe
from resources.clients.speech.whisper_loading import (
    WhisperSettings,
    device_for,
    load_whisper,
    whisper_version,
)
from resources.clients.speech.whisper_models import FoundModel, find_model
from resources.clients.speech.window_store import WindowFolder
from resources.clients.taxonomy import read_taxonomy
from resources.settings import settings
from resources.speech_settings import (
    SERVER,
    WHISPER,
    SpeechServer,
    SpeechSettings,
    needed_speech_settings,
    speech_settings,
)
from resources.store.claims import claim, claim_in
from resources.store.database import Database
from resources.store.videos import LibraryVideo

ASK_AGAIN_S = 2.0
"""For the place of whoever transcribes on this machine at the moment."""


@dataclass(frozen=True)
class HowFar:
    """Seconds of a video that are transcribed, and of how many as far as its file says."""

    video_id: str
    done_s: float
    of_s: float | None

    def __str__(self) -> str:
        return heard_in_words(self.done_s, self.of_s)


Listener = Callable[[HowFar], None]
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let it hear of everything that this process transcribes meanwhile."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def pass_on(how_far: HowFar) -> None:
    """To whoever listens, also from another process that transcribes for this one."""
    for listener in _listeners:
        listener(how_far)


def recogniser_version() -> str:
    """Of what decides the words beside the media file. Raises ConfigurationError.

    Neither the taxonomy nor the creator's name is part of it, though both give hints: a new tag would have hours of
    video transcribed again for a word or two.
    """
    return job_of(needed_speech_settings()).version


def job_of(chosen: SpeechSettings, hints: Hints | None = None) -> Job:
    who = chosen.recogniser
    if isinstance(who, SpeechServer):
        version = server_version(who.model)
    else:
        version = whisper_version(who, _found(who))
    return Job(version, hints or Hints(), chosen.language)


def job_with_hints(chosen: SpeechSettings, creator: str) -> Job:
    """What is really asked for."""
    return job_of(chosen, hints(creator, _taxonomy()))


def _found(who: WhisperSettings) -> FoundModel:
    """Looked for once a process where it is there: a verdict on a library asks for it again and again."""
    folder = Path(who.model).expanduser()
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return _find(who, tuple(file.stat().st_mtime_ns for file in files))


@lru_cache(maxsize=4)
def _find(who: WhisperSettings, times_ns: tuple[int, ...]) -> FoundModel:
    return find_model(who.model, may_download=who.may_download)


def in_words() -> str:
    """What would transcribe and where, looked up without a network or loading it. Raises ConfigurationError."""
    chosen = speech_settings()
    if chosen is None:
        return f"none set ({WHISPER}MODEL): media files are taken in, and need a transcript beside them"
    who = chosen.recogniser
    if isinstance(who, SpeechServer):
        return f"{who.model} at {Endpoint(who.base_url, who.api_key).name}, which was not asked"
    try:
        found = find_model(who.model)
    except ConfigurationError:
        if who.may_download and not Path(who.model).expanduser().is_dir():
            return f"{who.model} is not here yet, and is downloaded when it is needed"
        raise
    return f"Whisper {found.name} on {device_for(who.device)}, in {found.folder}"


def hear(
    entry: LibraryVideo, database: Database, tell: Callable[[str], None]
) -> tuple[Hearing, str]:
    """What is said in the video's media file, and the version of who heard it; `tell` gets lines for a log.

    A run that was killed goes on behind its last finished window. Raises NotTranscribed, InputRefused, EndpointFailed.
    """
    video_id = entry.video.video_id
    with claim(database, f"transcribing {video_id}") as ours:
        if not ours:
            raise NotTranscribed(
                "another run is transcribing it", where=video_id, cure="Wait for that one."
            )
        try:
            chosen = needed_speech_settings()
            version = job_of(chosen).version
            job = job_with_hints(chosen, entry.video.creator)
            with place(chosen, tell), recogniser(chosen) as who:
                tell(f"Transcribing {entry.source_path} with {who.made_by}")
                progress = _progress(video_id, tell)
                store = WindowFolder(windows_folder(video_id))
                path, content = Path(entry.source_path), entry.source_hash
                return transcribe(
                    path, who, job, content=content, store=store, progress=progress
                ), version
        except ConfigurationError as error:
            raise NotTranscribed(
                error.what, where=error.where or entry.source_path, cure=error.cure
            ) from error


@contextmanager
def recogniser(chosen: SpeechSettings) -> Iterator[Recogniser]:
    """Ready to be asked; a model that is loaded stays so, for the next file."""
    who = chosen.recogniser
    if isinstance(who, SpeechServer):
        endpoint = Endpoint(who.base_url, who.api_key, SERVER.rstrip("_"))
        with closing(ServerRecogniser(endpoint, who.model, who.max_mb)) as server:
            yield server
    else:
        yield _loaded(who)


_loaded = lru_cache(maxsize=1)(load_whisper)


@contextmanager
def place(chosen: SpeechSettings, tell: Callable[[str], None]) -> Iterator[None]:
    """One at a time on a machine, whoever asks for it: two on one GPU, or on the same cores, are no sooner done.

    Not a pool of Dagster: the pool of a stage is the same for transcript files, which need no GPU, and whoever waits for
    a place in one uses up a core. Nor the database, which a machine that only transcribes has not.
    """
    if isinstance(chosen.recogniser, SpeechServer):
        yield
        return
    told = False
    while True:
        with claim_in(settings().data_dir, f"recognising speech on {socket.gethostname()}") as ours:
            if ours:
                yield
                return
        if not told:
            tell("Waiting: another video is being transcribed on this machine.")
            told = True
        time.sleep(ASK_AGAIN_S)


def hints(creator: str, taxonomy: Taxonomy | None) -> Hints:
    """Names that a recogniser would spell otherwise: the creator's, products, tags."""
    if taxonomy is None:
        return Hints(f"{creator}.")
    tags = [tag.name for category in taxonomy.categories for tag in category.tags]
    return Hints(f"{creator}.", ", ".join([*taxonomy.plugins, *tags]))


def _taxonomy() -> Taxonomy | None:
    """That it cannot be read is said by the stage that needs it."""
    try:
        return read_taxonomy(settings().taxonomy_file)
    except ConfigurationError:
        return None


def _progress(video_id: str, tell: Callable[[str], None]) -> Progress:
    def progress(done_s: float, of_s: float | None) -> None:
        how_far = HowFar(video_id, done_s, of_s)
        tell(f"Transcribed {how_far}")
        pass_on(how_far)

    return progress


def windows_folder(video_id: str) -> Path:
    """Where the finished windows of a video are kept until its transcript is stored."""
    return settings().data_dir / "windows" / video_id


def forget_windows(video_id: str) -> None:
    shutil.rmtree(windows_folder(video_id), ignore_errors=True)
