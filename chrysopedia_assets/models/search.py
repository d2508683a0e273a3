"""What a search is asked and what it answers: the same records for the command, the server for assistants, and JSON.

Plain dataclasses: a command that lasts half a second has no time to load pydantic.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal["page", "section", "moment", "transcript"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Path = Literal["full text", "semantic"]


@dataclass(frozen=True)
class Filters:
    """Only what is of all of these; None asks for nothing. `category` and `tag` are keys of the taxonomy."""

    creator: str | None = None
    category: str | None = None
    tag: str | None = None
    video_id: str | None = None
    kind: Kind | None = None


@dataclass(frozen=True)
class Snippet:
    """Some words around what matched; `marks` are the spans of the words that did. `text` is as it was written: hostile."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why something was found: these words of the query, in its `title`, `creator`, `transcript`, ..."""

    where: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A page with its best passage, or a passage of a video that is on no page.

    `kind` is of the passage, `start_s` and `end_s` are where it is in the video; `play` is an address that plays it, where
    there is a public one. `missed` are words of the query that it does not have. `paths` say what found it.
    """

    content_id: str
    kind: Kind
    page: str | None
    title: str
    section: str | None
    section_number: int | None
    video_id: str
    video_title: str
    creator: str
    category: str | None
    tags: tuple[str, ...]
    start_s: float
    end_s: float
    clock: str
    play: str | None
    snippet: Snippet
    reasons: tuple[Reason, ...]
    missed: tuple[str, ...]
    paths: tuple[Path, ...]
    score: float


@dataclass(frozen=True)
class PathReport:
    """Whether a way of searching was used; if not, `why` says so."""

    path: Path
    used: bool
    why: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.why}" if self.why else self.path


@dataclass(frozen=True)
class Updated:
    """What it took to have the index agree with what is stored."""

    videos: int = 0
    dropped: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Answer:
    """`words` are those of the query that say something; `meant` is another query, where a word is nowhere."""

    query: str
    words: tuple[str, ...]
    hits: tuple[Hit, ...]
    paths: tuple[PathReport, ...]
    meant: str | None = None
    updated: Updated = field(default_factory=Updated)
    seconds: float = 0.0
