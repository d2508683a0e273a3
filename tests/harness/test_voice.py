"""The voice dial: what it adds to the prompt, and that a page made with 0.8 has more of the creator's words than with 0.2."""

from pathlib import Path

import pytest

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.harness.trying import run_stage
from chrysopedia_assets.harness.voice import voice_score, voice_share
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.technique_pages import Section, Subsection, TechniquePages
from resources.clients.prompts import PromptTemplate, read_prompt, with_voice
from resources.engine import engine_to_try
from resources.llm import prompt
from resources.settings import llm_settings
from resources.sources import read_sources
from tests.builders import PROJECT
from tests.cli.test_language_model import use
from tests.fakes.chat_server import ChatServer
from tests.harness.builders import fixture

VOICE = "voice.toml"


def shipped() -> PromptTemplate:
    return read_prompt(PROJECT / "prompts" / "synthesis", "synthesis")


def copied(folder: Path, *, task: str = "synthesis", voice: bool = True, setting: str = "") -> Path:
    made = folder / f"mine-{task}"
    made.mkdir()
    names = ["system.md", "user.md", "prompt.toml", *([VOICE] if voice else [])]
    for name in names:
        (made / name).write_text((PROJECT / "prompts" / task / name).read_text("utf-8"))
    with (made / "prompt.toml").open("a") as settings:
        settings.write(setting)
    return made


# What is asked -----------------------------------------------------------------------------------


def test_without_a_voice_nothing_of_the_dial_is_sent_and_the_version_stays(tmp_path: Path) -> None:
    silent = read_prompt(copied(tmp_path, voice=False), "synthesis")
    values = dict.fromkeys(("creator", "video_title", "category", "moments"), "x")
    assert shipped().texts(values) == silent.texts(values)
    assert shipped().version == silent.version


def test_a_voice_is_said_at_the_end_of_the_system_text_and_is_part_of_the_version() -> None:
    values = dict.fromkeys(("creator", "video_title", "category", "moments"), "x")
    low, high = with_voice(shipped(), 0.2), with_voice(shipped(), 0.8)
    plain, _ = shipped().texts(values)
    for one, share in ((low, "about 13 stand"), (high, "about 59 stand")):
        system, user = one.texts(values)
        assert system.startswith(plain) and share in system.removeprefix(plain)
        assert user == shipped().texts(values)[1]
    assert len({low.version, high.version, shipped().version}) == 3


def test_the_target_rises_with_the_dial_from_end_to_end() -> None:
    voices = shipped().voices
    assert voices is not None
    targets = [voices.target(step / 20) for step in range(21)]
    assert targets == sorted(targets) and len(set(targets)) == 21
    assert (targets[0], targets[-1]) == (voices.bands[0].share, voices.bands[-1].share)


def test_the_dial_is_set_in_the_prompts_folder_or_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = read_prompt(copied(tmp_path, setting="voice = 0.8\n"), "synthesis")
    assert own.version == with_voice(shipped(), 0.8).version
    before = read_sources().versions
    monkeypatch.setenv("CHRYSOPEDIA_LLM_SYNTHESIS_VOICE", "0.8")
    assert prompt("synthesis", llm_settings()).version == own.version
    changed = {name for name, found in read_sources().versions.items() if found != before[name]}
    assert changed == {"prompts/synthesis"}, "pages are stale, and nothing else is"


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_dial_has_two_ends(value: float) -> None:
    with pytest.raises(ConfigurationError, match="is none"):
        with_voice(shipped(), value)


def test_only_synthesis_has_a_voice() -> None:
    other = read_prompt(PROJECT / "prompts" / "extraction", "extraction")
    with pytest.raises(ConfigurationError, match="a voice is set for extraction"):
        with_voice(other, 0.5)


def test_a_voice_for_all_tasks_says_which_one_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_LLM_VOICE", "0.5")
    with pytest.raises(ConfigurationError, match="CHRYSOPEDIA_LLM_SYNTHESIS_VOICE"):
        prompt("extraction", llm_settings())


def test_a_prompt_without_the_file_has_no_dial(tmp_path: Path) -> None:
    folder = copied(tmp_path, voice=False, setting="voice = 0.5\n")
    with pytest.raises(ConfigurationError, match=r"no voice\.toml") as caught:
        read_prompt(folder, "synthesis")
    assert caught.value.where == str(folder)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("at = 0.5", "at = 0.1", "rise"),
        ("at = 1.0", "at = 0.9", "end at 1"),
        ("{{ share }}", "some", "each once"),
        ("share = 0.75", "share = 75", "less than or equal"),
        ("[[bands]]", "[[bands]", "cannot be read"),
    ],
)
def test_a_dial_that_is_wrong_is_told_with_its_file(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    folder = copied(tmp_path)
    text = (folder / VOICE).read_text()
    (folder / VOICE).write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_prompt(folder, "synthesis")
    assert caught.value.where == str(folder / VOICE)


# What is measured --------------------------------------------------------------------------------


def test_only_runs_of_four_words_that_were_said_count() -> None:
    groups = fixture().input.synthesis_groups
    assert groups is not None
    [first, *_] = groups.groups[0].moments
    said = first.moment.transcript.split()[:6]
    assert len(said) == 6
    own = " ".join(said)
    for body, share in [
        (f"Own words only here. {own} [1]", 6 / 10),
        (f"{own.upper()}!", 1.0),
        (" ".join(reversed(said)), 0.0),
        (f"{' '.join(said[:3])} or {' '.join(said[3:])}", 0.0),
    ]:
        assert voice_share(_page_of(body), groups) == pytest.approx(share), body


def test_a_page_that_misses_the_dial_is_told_in_which_direction() -> None:
    groups = fixture().input.synthesis_groups
    voices = shipped().voices
    assert groups is not None and voices is not None
    own = " ".join(groups.groups[0].moments[0].moment.transcript.split())
    loud = voice_score(_page_of(own), groups, voices, 0.2)
    quiet = voice_score(_page_of("Nothing of it stands here"), groups, voices, 0.8)
    assert loud.value == pytest.approx(voices.target(0.2)) and "quote less" in loud.why[0]
    assert quiet.value == pytest.approx(1 - voices.target(0.8)) and "quote more" in quiet.why[0]


def test_a_page_at_eight_tenths_keeps_more_of_the_creators_words_than_one_at_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        installed = prompt("synthesis", llm_settings())
        shares = [_share(with_voice(installed, value)) for value in (0.2, 0.8)]
        assert "about 13 stand" in server.requests[0].body["messages"][0]["content"]
    low, high = shares
    assert low < 0.3 < high - 0.2


def _share(asked: PromptTemplate) -> float:
    given = fixture()
    made = run_stage(given, engine_to_try(asked))
    groups = given.input.synthesis_groups
    assert isinstance(made, TechniquePages) and isinstance(groups, SynthesisGroups)
    return voice_share(made, groups)


def _page_of(body: str) -> TechniquePages:
    pages = fixture().given_output
    assert isinstance(pages, TechniquePages)
    page = pages.pages[0].model_copy(
        update={
            "summary": "[1]",
            "sections": (Section(title="T", body="[1]", subsections=(Subsection(title="S", body=body),)),),
        }
    )  # fmt: skip
    return pages.model_copy(update={"pages": (page,)})
