"""What the reading site shows, as records: gathered elsewhere (`resources/reading.py`), turned into pages by this room.

A page's *address* is its identity for readers: the name of its file, which stays when the page is written again with
another title. Its `page_id` is that of the record that stands now.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chrysopedia_assets.inspection.seen import Stored
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.technique_pages import TechniquePage


@dataclass(frozen=True)
class Media:
    """Where a video can be played: the 11 characters that YouTube knows it by, or the name of a file in the site's `media` folder."""

    kind: Literal["youtube", "file"]
    where: str


@dataclass(frozen=True)
class Making:
    """How a page came to be. `prompt` is the version of the synthesis prompt that it was written with, as far as is known."""

    made_by: str
    made_at: datetime
    run_id: str | None
    prompt: str | None
    version: int
    """Of this address, from 1: how often its text has come out different."""


@dataclass(frozen=True)
class ReadingPage:
    """`stale` says why the page would come out different now, a cause each; empty where it is up to date."""

    address: str
    page: TechniquePage
    making: Making
    stale: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moved:
    """An address at which no page stands any more: what the last one was called, and the address and title of the page that
    took its place; None where none did.
    """

    address: str
    title: str
    video: Video
    to: tuple[str, str] | None


@dataclass(frozen=True)
class ReadingVideo:
    """A video with all that its pages and its own page show. `creator_key` is the name of its creator's file."""

    stored: Stored
    creator_key: str
    media: Media | None
    pages: tuple[ReadingPage, ...]


@dataclass(frozen=True)
class Card:
    """What a list says of a page: of the whole library at once, so without its text. `spoken_s` is the length of what it cites."""

    address: str
    title: str
    summary: str
    category: str
    tags: tuple[str, ...]
    video_id: str
    moments: int
    spoken_s: float
    made_at: datetime


@dataclass(frozen=True)
class VideoCard:
    """What a list says of a video; `pages` are addresses, in the order of the video's record."""

    video_id: str
    title: str
    creator: str
    creator_key: str
    duration_s: float
    pages: tuple[str, ...]
