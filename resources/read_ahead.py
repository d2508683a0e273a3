"""The calls of new videos begin while Dagster is still being loaded, which takes seconds.

What is asked ahead is what the stages will ask: the same questions, of the same engine, under the id of the run to
come. When a stage then asks, its replies are there or under way, and none is paid twice. Nothing is stored here.
"""

import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextlib import suppress

from chrysopedia_assets.errors import ChrysopediaError
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.models.transcripts import Transcript
from chrysopedia_assets.stages.classifications import classify
from chrysopedia_assets.stages.key_moments import find_key_moments
from chrysopedia_assets.stages.ports import Ask
from chrysopedia_assets.stages.synthesis_groups import group_for_synthesis
from chrysopedia_assets.stages.technique_pages import write_pages
from chrysopedia_assets.stages.topic_chunks import split_topics
from chrysopedia_assets.stages.transcripts import make_transcript
from resources.clients.taxonomy import read_taxonomy
from resources.database import open_database
from resources.engine import engine, expect
from resources.library import Library
from resources.llm import load_client, processes, videos_at_once
from resources.settings import settings
from resources.store.records import stored_versions
from resources.store.videos import list_videos


def read_ahead(video_ids: Sequence[str]) -> dict[str, str]:
    """For videos of which nothing is stored yet, as many as go on at once: the ids of the runs that have to make them."""
    most = videos_at_once()
    if most == 1:
        return {}
    with open_database().reading() as connection:
        begun = {video_id for video_id, _ in stored_versions(connection, video_ids)}
        media = {e.video.video_id for e in list_videos(connection, video_ids) if e.is_media}
    new = [video_id for video_id in video_ids if video_id not in begun | media]
    if processes(len(new)) > 1:
        return {}  # other processes will ask
    found: dict[str, str] = {}
    for video_id in new[:most]:
        run_id = str(uuid.uuid4())
        ask, asked = expect(run_id, engine(run_id=run_id)), threading.Event()
        threading.Thread(target=_ask_all, args=(video_id, ask, asked), daemon=True).start()
        if not found:
            asked.wait()  # Dagster, loaded at the same time, would only make the first call later
        found[video_id] = run_id
    return found


def _ask_all(video_id: str, ask: Ask, asked: threading.Event) -> None:
    # What fails here fails again, and is told, in the stage that asks the same.
    with suppress(ChrysopediaError, CancelledError):
        try:
            source = Library(open_database()).read(video_id)
            transcript = make_transcript(source.entry.video, source.said)
            load_client()
        finally:
            asked.set()
        ask_every_stage(transcript, ask)


def ask_every_stage(transcript: Transcript, ask: Ask) -> TechniquePages:
    """What the stages make of a transcript, one after the other, stored nowhere."""
    chunks = split_topics(transcript, ask)
    moments = find_key_moments(transcript, chunks, ask)
    classes = classify(moments, read_taxonomy(settings().taxonomy_file), ask)
    return write_pages(group_for_synthesis(moments, classes), ask)
