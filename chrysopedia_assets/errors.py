"""The error tree. Every error says what happened, where, and what to do next.

    ChrysopediaError
    ├── InputRefused          a file cannot become a transcript; the file has to change
    │   └── InputUnreadable   it cannot be read at this moment; it may be at the next look
    ├── SourceChanged         a file is not the one that was ingested; ingest again
    ├── NotTranscribed        a media file cannot be transcribed as things are; a video with a transcript file can go on
    ├── ReplyRefused          an engine's reply breaks a rule of its stage; nothing was stored
    │   ├── ReplyTruncated    the model was cut off at its output budget
    │   ├── ReplyNotJson      there is no JSON object in the reply
    │   ├── ReplyMisshapen    the JSON has not the shape that was asked for
    │   ├── ReplyDeclined     the model refuses to answer
    │   ├── ReplyEmpty        nothing visible came back
    │   └── ReplyShort        complete, but about fewer items than asked
    ├── EndpointFailed        a model server did not answer as a server should; the next run goes on from here
    │   ├── RateLimited       too many requests, and waiting did not help
    │   ├── ServerFailed      an error of the server, or no connection to it
    │   ├── TimedOut          no answer in time
    │   └── PromptTooLong     longer than the model's context, and it cannot be asked in parts
    ├── RecordMissing         a stage asks for a record that was never stored
    └── ConfigurationError    a setting or a file of the installation is wrong
        ├── AccessDenied      the model server does not accept the key, or the account is empty
        ├── BudgetSpent       the month's budget has no room for another call
        ├── ModelNotFound     the model server has no such model
        └── RequestRejected   the model server does not accept the request as it is

What belongs here: the classes and how they read. What does not: handling, exit codes, Dagster.
"""

from functools import partial
from typing import Any


class ChrysopediaError(Exception):
    """What happened (`what`), in which file or video and at which place (`where`), what to do (`cure`)."""

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        self.what, self.where, self.cure = what, where, cure
        super().__init__(what, where, cure)

    def __reduce__(self) -> tuple[Any, ...]:
        """As pickle makes it anew: its own way knows nothing of keywords."""
        return partial(type(self), where=self.where, cure=self.cure), (self.what,), vars(self)

    def __str__(self) -> str:
        told = f"{self.where}: {self.what}" if self.where else self.what
        return f"{told.rstrip('.')}. {self.cure}" if self.cure else told


class InputRefused(ChrysopediaError):
    """A file cannot become a transcript; trying again changes nothing until the file does."""


class InputUnreadable(InputRefused):
    """A file that cannot be read at this moment: a share that is away, a permission; the file need not change."""


class SourceChanged(ChrysopediaError):
    """The file behind a video is gone or differs from the one that was ingested."""


class NotTranscribed(ChrysopediaError):
    """No recogniser is set up, or it cannot work, or somebody else is at the same file. No reason to stop with others:
    a video that has a transcript file needs none of it."""


class ReplyRefused(ChrysopediaError):
    """An engine's reply breaks a rule of its stage, so nothing of it was stored."""


class ReplyTruncated(ReplyRefused):
    """The reply ends where its output budget did. It is never mended: what was cut off is not known."""


class ReplyNotJson(ReplyRefused):
    """The reply has no JSON object in it."""


class ReplyMisshapen(ReplyRefused):
    """The reply is JSON of another shape than the one asked for."""


class ReplyDeclined(ReplyRefused):
    """The model, or its provider's filter, refuses to answer."""


class ReplyEmpty(ReplyRefused):
    """The reply has no visible text; a model that thinks may have spent its whole budget on that."""


class ReplyShort(ReplyRefused):
    """The reply is sound as far as it goes, and says nothing of some of what was asked."""


class EndpointFailed(ChrysopediaError):
    """A model server did not answer as a server should. What was answered before is kept.

    `maybe_paid`: it may have worked on the request, and may bill it.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        cure: str = "",
        retry_after_s: float | None = None,
        maybe_paid: bool = False,
    ) -> None:
        super().__init__(what, where=where, cure=cure)
        self.retry_after_s = retry_after_s
        self.maybe_paid = maybe_paid


class RateLimited(EndpointFailed):
    """The server asks for fewer requests, for longer than we wait."""


class ServerFailed(EndpointFailed):
    """The server reports an error of its own, or cannot be reached."""


class TimedOut(EndpointFailed):
    """The server took longer than the time-out of the task."""


class PromptTooLong(EndpointFailed):
    """The prompt is longer than what the model can read at once."""


class RecordMissing(ChrysopediaError):
    """A stage needs the stored output of an earlier stage, and there is none."""


class ConfigurationError(ChrysopediaError):
    """A setting, or a file that belongs to the installation, is missing or wrong."""


class AccessDenied(ConfigurationError):
    """The model server does not let us in: a wrong key, no permission, no credit."""


class BudgetSpent(ConfigurationError):
    """The month's budget has no room for another call; what was answered before is kept, and stays free."""


class ModelNotFound(ConfigurationError):
    """The model server has no model of that name."""


class RequestRejected(ConfigurationError):
    """The model server does not accept a request that is always made this way."""
