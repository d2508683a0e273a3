"""The error tree. Every error says what happened, where, and what to do next.

    ChrysopediaError
    ├── InputRefused          a file cannot become a transcript; the file has to change
    │   └── InputUnreadable   it cannot be read at this moment; it may be at the next look
    ├── SourceChanged         a file is not the one that was ingested; ingest again
    ├── ReplyRefused          an engine's reply breaks a rule of its stage; nothing was stored
    ├── RecordMissing         a stage asks for a record that was never stored
    └── ConfigurationError    a setting or a file of the installation is wrong

What belongs here: the classes and how they read. What does not: handling, exit codes, Dagster.
"""


class ChrysopediaError(Exception):
    """What happened (`what`), in which file or video and at which place (`where`), what to do (`cure`)."""

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        self.what, self.where, self.cure = what, where, cure
        super().__init__(what, where, cure)

    def __str__(self) -> str:
        told = f"{self.where}: {self.what}" if self.where else self.what
        return f"{told}. {self.cure}" if self.cure else told


class InputRefused(ChrysopediaError):
    """A file cannot become a transcript; trying again changes nothing until the file does."""


class InputUnreadable(InputRefused):
    """A file that cannot be read at this moment: a share that is away, a permission; the file need not change."""


class SourceChanged(ChrysopediaError):
    """The file behind a video is gone or differs from the one that was ingested."""


class ReplyRefused(ChrysopediaError):
    """An engine's reply breaks a rule of its stage, so nothing of it was stored."""


class RecordMissing(ChrysopediaError):
    """A stage needs the stored output of an earlier stage, and there is none."""


class ConfigurationError(ChrysopediaError):
    """A setting, or a file that belongs to the installation, is missing or wrong."""
