"""A video of several chunks, and the settings by which a model server answers for it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from resources.clients.llm import caller
from resources.llm import close_llm
from tests.fakes.calling import KEY
from tests.library import put_vtt

SPEECH = (
    "so first the kick and on the kick I cut everything below 30 hertz with Pro-Q 3",
    "because there is nothing down there that a speaker could play and it eats your headroom",
    "then I set the compressor to a ratio of 4 to 1 with an attack of 10 milliseconds",
    "and the release at 80 milliseconds so that it breathes with the tempo of the track",
    "never boost at 200 hertz to make it bigger that is where it turns into mud",
    "instead add a little saturation with Saturn 2 at about 20 percent drive",
    "and then check it in mono because that is where it has to work in a club",
    "okay next thing the reverb on the vocal I take Valhalla VintageVerb on a send",
    "set the decay to 2 seconds and the pre-delay to 30 milliseconds so the words stay in front",
    "high pass the reverb return at 300 hertz and low pass it at 8 kilohertz",
    "duck the reverb with a compressor that listens to the dry vocal about 4 dB",
    "now let us talk about mastering the limiter is the last thing in the chain",
    "set the ceiling to minus 1 dB true peak and push the gain until you see 2 dB of reduction",
    "if it pumps then the bass is too loud go back to the mix and turn it down",
    "and dither once at the very end when you go from 24 bit to 16 bit",
    "bounce it and name the file with the note and the tempo so you find it again",
)
VIDEO = "ann--kick"


@pytest.fixture
def speech(own_world: Path) -> Path:
    return put_vtt(own_world / "library" / "Ann" / "Kick.vtt", *SPEECH, seconds_each=20.0)


@pytest.fixture
def use_server(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Settings from here on; a process that has opened its client before is as if started anew."""
    monkeypatch.setattr(caller, "FIRST_WAIT_S", 0.01)

    def use(base_url: str, **more: str) -> None:
        close_llm()
        found = {"MODEL": "test-model", "BASE_URL": base_url, "API_KEY": KEY, **more}
        for name, text in found.items():
            monkeypatch.setenv(f"CHRYSOPEDIA_LLM_{name}", text)

    return use
