"""The command as a user has it, in this process: arguments in; exit code, stdout and stderr out."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chrysopedia_assets.cli import main
from resources.clients import library as library_files
from tests.faults.conftest import SPEECH
from tests.library import put_vtt

CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What moves a terminal's cursor, changes its colours or turns text around; the end of a line is none of it."""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def told(self) -> str:
        """What was said on stderr, as one line however wide the terminal is."""
        return " ".join(self.err.split())


Command = Callable[..., Ended]


@pytest.fixture
def chrysopedia(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs `chrysopedia ARGUMENTS`. Whatever it is given, it shows no traceback and sends the terminal no commands."""
    monkeypatch.setattr(main, "load_dotenv", lambda path: False)
    monkeypatch.setattr(library_files, "SETTLE_S", 0.0)

    def run(*arguments: object) -> Ended:
        capfd.readouterr()
        monkeypatch.setattr("sys.argv", ["chrysopedia", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        out, err = capfd.readouterr()
        code = ended.value.code
        assert "Traceback" not in out + err, out + err
        assert not (found := CONTROLS.findall(out + err)), found
        return Ended(code if isinstance(code, int) else int(code is not None), out, err)

    return run


@pytest.fixture
def library(own_world: Path, new_library: Path) -> Path:
    """Videos that say different things: one more than are processed at once."""
    folder = own_world / "library" / "Ann"
    for number in range(3):
        put_vtt(folder / f"Video {number}.vtt", *SPEECH[number:])
    return folder
