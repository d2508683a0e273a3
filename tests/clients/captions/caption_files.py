"""Files for the readers' tests: our own small ones, and other projects' collections where they are present.

What belongs here: finding and writing files. What does not: expectations.
"""

from pathlib import Path

from chrysopedia_assets.models.library_files import SourceTranscript
from resources.clients.captions.read import read_transcript
from tests.conftest import SHARED_DATA, shared

ABSENT = Path("absent")
BADINPUTS = SHARED_DATA / "badinputs"


def shared_files(folder: str, pattern: str) -> list[Path]:
    """For `parametrize`: the files, or `ABSENT`, which `given` turns into a skip (a failure where all must run)."""
    return sorted((SHARED_DATA / folder).glob(pattern)) or [ABSENT]


def given(path: Path) -> Path:
    shared(path)
    return path


def read_text(tmp_path: Path, name: str, content: str | bytes) -> SourceTranscript:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_transcript(path)


def spoken(source: SourceTranscript) -> list[tuple[float, float, str]]:
    return [(one.start_s, one.end_s, one.text) for one in source.segments]
