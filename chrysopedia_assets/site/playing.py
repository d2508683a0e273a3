"""A citation is a time: where it leads, and how `[n]` and a time look as links.

What belongs here: links to a second of a video. What does not: the player (`static/reading.js`).
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

from markupsafe import Markup

from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.site import links
from chrysopedia_assets.site.content import Media

SOUND = {".mp3", ".m4a", ".wav", ".flac", ".ogg"}
_OUTSIDE = Markup(' target="_blank" rel="noopener noreferrer"')


@dataclass(frozen=True)
class Playing:
    """Of one video, as seen from a page that lies `root` below the site's folder."""

    media: Media | None
    root: str = "../"

    @property
    def file(self) -> str | None:
        """What a player on the page plays."""
        if self.media is None or self.media.kind != "file":
            return None
        name = links.media(self.media.where)
        return name and self.root + name

    @property
    def is_sound(self) -> bool:
        return bool(self.media) and PurePosixPath(self.media.where).suffix.lower() in SOUND  # type: ignore[union-attr]

    def link(self, at_s: float) -> str | None:
        """None where the video cannot be played: only its time is known."""
        if self.file:
            return f"{self.file}#t={_seconds(at_s)}"
        if self.media and self.media.kind == "youtube":
            return links.youtube(self.media.where, at_s)
        return None

    def cite(self, number: int, start_s: float, doubtful: bool) -> Markup:
        """`[n]` in the text."""
        return Markup(
            '<a class="cite{doubt}" href="{to}"{outside} data-cite="{n}" data-pagefind-ignore'
            ' aria-label="Passage {n}, at {at}{aloud}">[{n}]</a>'
        ).format(
            doubt=" doubtful" if doubtful else "",
            to=self.link(start_s) or f"#moment-{number}",
            outside=self._outside(start_s),
            n=number,
            at=clock(start_s),
            aloud=", perhaps misheard" if doubtful else "",
        )

    def time(self, at_s: float, until_s: float | None = None) -> Markup:
        """A time that plays, where it can."""
        link = self.link(at_s)
        shown = clock(at_s)
        if not link:
            return Markup('<span class="time">{}</span>').format(shown)
        return Markup(
            '<a class="time play" href="{}"{} data-at="{}"{}><span class="hidden">Play at </span>{}</a>'
        ).format(
            link,
            self._outside(at_s),
            _seconds(at_s),
            Markup(' data-until="{}"').format(_seconds(until_s)) if until_s is not None else "",
            shown,
        )

    def _outside(self, at_s: float) -> Markup:
        return _OUTSIDE if self.link(at_s) and not self.file else Markup("")


def _seconds(at_s: float) -> str:
    return f"{at_s:.3f}".rstrip("0").rstrip(".")
