"""A search for a better prompt, against a real server: what it finds, what it never sees, what it spends, where it goes on."""

import json
import math
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.leaderboard import CASES, Leaderboard, Row, trajectory
from chrysopedia_assets.harness.optimising import Split
from chrysopedia_assets.harness.purse import Budget, Purse
from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.records import Video
from resources.clients.prompts import read_prompt
from resources.llm import close_llm
from resources.optimising import Optimised, Wanted, optimise
from tests.builders import PROJECT
from tests.cli.test_language_model import use
from tests.fakes.chat_server import ChatServer
from tests.fakes.faults import Fault, always
from tests.fakes.manners import PLAIN_TITLES, TELLING_TITLES
from tests.faults.conftest import SPEECH
from tests.harness.builders import fixture

FIXTURES = tuple(fixture("technique_pages", *SPEECH[:n]) for n in (0, 8, 10, 12))


def plain_prompt(folder: Path) -> Path:
    """The product's, with a wish that makes pages worse; the server's model keeps to it."""
    copy = folder / "plain"
    (copy / CASES).mkdir(parents=True)
    source = PROJECT / "prompts" / "synthesis"
    for name in ("system.md", "user.md", "prompt.toml", "voice.toml", "cases/two_pages.yaml"):
        (copy / name).write_text((source / name).read_text("utf-8"), "utf-8")
    with (copy / "system.md").open("a") as system:
        system.write(f"\n{PLAIN_TITLES}\n")
    return copy


def wanted(folder: Path, **changes: object) -> Wanted:
    made = Wanted(
        FIXTURES,
        Budget(calls=40),
        path=plain_prompt(folder) if not (folder / "plain").exists() else folder / "plain",
        judged=False,
        out=folder / "out",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def quietly(asked: Wanted) -> Optimised:
    return optimise(asked, lambda told: None)


def asked_for(server: ChatServer, what: str) -> list[str]:
    """The user texts of all requests for one kind of reply."""
    return [
        request.body["messages"][-1]["content"]
        for request in server.requests
        if request.body and request.body["response_format"]["json_schema"]["name"] == what
    ]


# The search --------------------------------------------------------------------------------------


def test_what_is_complained_of_is_mended_and_the_winner_beats_the_seed_on_what_was_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    with ChatServer() as server:
        use(monkeypatch, server)
        done = optimise(wanted(tmp_path), told.append)
        assert len(server.requests) <= 40
        shown = asked_for(server, "reflecting")
        assert "section_titles 0." in shown[0] and PLAIN_TITLES in shown[0]
    board = done.board
    assert board.winner is not None and board.seed.hold_out is not None
    assert board.winner.validation > board.seed.validation
    assert board.winner.hold_out is not None and board.winner.hold_out > board.seed.hold_out
    assert done.candidate is not None
    made = read_prompt(done.candidate, "synthesis")
    assert TELLING_TITLES in made.system and made.version == board.winner.version
    assert {path.name for path in done.candidate.iterdir()} == {
        "system.md", "user.md", "prompt.toml", "voice.toml", "cases", "tuned_on.json",
    }  # fmt: skip
    split = Split.of(FIXTURES)
    tuned_on = json.loads((done.candidate / "tuned_on.json").read_text())
    assert tuned_on == sorted(one.fixture_id for one in (*split.train, *split.validation))
    assert "the best so far" in " ".join(told) and "paid calls of 40 calls" in told[-1] + told[-2]
    assert [command.split()[2] for command in done.next_steps] == ["compare", "promote"]
    assert "| seed |" in (done.folder / "leaderboard.md").read_text()
    assert json.loads((done.folder / "leaderboard.json").read_text())["winner"] == 1


def test_what_is_held_out_is_never_shown_to_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        ends: list[int] = []

        def note(told: str) -> None:
            if "the search ends" in told:
                ends.append(len(asked_for(server, "synthesis")))

        optimise(wanted(tmp_path), note)
        asked = asked_for(server, "synthesis")
    [end] = ends
    assert len(set(asked[:end])) == 3 and len(set(asked[end:])) == 1
    assert not set(asked[:end]) & set(asked[end:])


def test_where_nothing_beats_the_seed_there_is_no_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        done = quietly(wanted(tmp_path, path=None))
    assert done.candidate is None and done.board.winner is None and done.next_steps == ()
    assert not (tmp_path / "out" / "candidate").exists()
    assert [row.number for row in done.board.rows] == [0]


def test_a_proposal_that_breaks_the_templates_rules_has_no_merit_and_costs_no_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(body: object) -> str | None:
        if "<current_instructions>" in str(body):
            return json.dumps({"reasons": "-", "system": f"{TELLING_TITLES} {{{{ tempo }}}}"})
        return None

    with ChatServer(answer=answer) as server:
        use(monkeypatch, server)
        done = quietly(wanted(tmp_path))
        assert len(asked_for(server, "reflecting")) > 1
        systems = {request.body["messages"][0]["content"] for request in server.requests}
    assert done.candidate is None and [row.number for row in done.board.rows] == [0]
    assert not any("tempo }}" in system for system in systems)


def test_a_judge_takes_part_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        done = quietly(wanted(tmp_path, judged=True, budget=Budget(calls=60)))
        assert asked_for(server, "judging")
        assert len(server.requests) <= 60
    assert done.candidate is not None


def test_the_voice_dial_is_part_of_the_score_and_of_the_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        done = quietly(wanted(tmp_path, voice=0.2))
        assert "voice dial at 0.2 asks for" in " ".join(asked_for(server, "reflecting"))
    assert done.candidate is not None
    assert read_prompt(done.candidate, "synthesis").settings.voice == 0.2


# The budget --------------------------------------------------------------------------------------


@pytest.mark.parametrize("calls", [12, 17, 25])
def test_no_more_is_paid_than_the_budget_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        done = quietly(wanted(tmp_path, budget=Budget(calls=calls)))
        assert len(server.requests) <= calls
        assert done.board.paid == f"{len(server.requests)} paid calls of {calls} calls"


def test_a_budget_in_dollars_holds_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer() as server:
        use(monkeypatch, server, PRICE="1/2/0.5")
        done = quietly(wanted(tmp_path, voice=0.2, budget=Budget(usd=0.4)))
        spent = float(done.board.paid.split("US$ ")[1].split(" ")[0])
    assert 0.2 < spent <= 0.4  # without a budget it goes on to 0.58


def test_a_budget_in_dollars_needs_a_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        with pytest.raises(ConfigurationError, match="nobody knows what the model costs") as caught:
            quietly(wanted(tmp_path, budget=Budget(usd=1.0)))
        assert "200calls" in caught.value.cure and server.requests == []


def test_a_budget_for_less_than_one_round_is_refused_before_anything_is_paid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        with pytest.raises(ConfigurationError, match="one round takes about 9 calls"):
            quietly(wanted(tmp_path, budget=Budget(calls=5)))
        assert server.requests == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("200", Budget(calls=200)),
        ("200calls", Budget(calls=200)),
        ("1 call", Budget(calls=1)),
        ("$2.50", Budget(usd=2.5)),
        ("2.50usd", Budget(usd=2.5)),
        ("3 USD", Budget(usd=3.0)),
    ],
)
def test_a_budget_is_read(text: str, budget: Budget) -> None:
    assert Budget.parse(text) == budget


@pytest.mark.parametrize("text", ["", "2.50", "-3", "many", "5€", "1e3"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no budget"):
        Budget.parse(text)


def test_what_a_stopped_call_cost_counts_as_the_dearest() -> None:
    purse = Purse(Budget(usd=1.0), lambda: Usage(calls=5, cost_usd=0.4, unpriced=1), lambda: 0.1)
    assert purse.has(4) and not purse.has(6)


def test_retries_make_the_next_steps_dearer() -> None:
    purse = Purse(Budget(calls=10), lambda: Usage(calls=4), lambda: None)
    assert purse.has(6)
    purse.learn(expected=2, calls=4)
    assert purse.has(3) and not purse.has(4)


# Going on, and bad input -------------------------------------------------------------------------


def test_the_same_command_again_pays_nothing_and_comes_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        first = quietly(wanted(tmp_path))
        paid = len(server.requests)
        again = quietly(wanted(tmp_path))
        assert len(server.requests) == paid
        assert again.board == first.board


def test_it_comes_to_the_same_also_when_the_budget_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        first = quietly(wanted(tmp_path, budget=Budget(calls=12)))
        assert first.board.seed.hold_out is not None
        again = quietly(wanted(tmp_path, budget=Budget(calls=len(server.requests))))
    assert again.board.rows == first.board.rows


def test_a_higher_budget_goes_on_with_a_search_that_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        # At a dial that no text meets wholly: what is as good as can be ends the search.
        quietly(wanted(tmp_path, voice=0.2, budget=Budget(calls=12)))
        paid = len(server.requests)
        assert quietly(wanted(tmp_path, voice=0.2)).candidate is not None
        assert paid < len(server.requests) <= 40


def test_a_reflection_without_a_usable_text_costs_its_tries_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(body: object) -> str | None:
        return "no JSON" if "<current_instructions>" in str(body) else None

    told: list[str] = []
    with ChatServer(answer=answer) as server:
        use(monkeypatch, server)
        done = optimise(wanted(tmp_path, budget=Budget(calls=14)), told.append)
        rounds = sum("no new text came back" in line for line in told)
        assert rounds and len(asked_for(server, "reflecting")) == 3 * rounds
    assert done.candidate is None and "Nothing beats" in done.board.verdict


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": 1}, "another seed"),
        ({"voice": 0.5}, "another prompt, voice"),
        ({"fixtures": FIXTURES[1:]}, "another fixtures"),
        ({"path": None}, "another prompt"),
    ],
)
def test_another_optimisation_in_the_same_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], told: str
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        quietly(wanted(tmp_path, budget=Budget(calls=12)))
        paid = len(server.requests)
        with pytest.raises(ConfigurationError, match=told):
            quietly(wanted(tmp_path, **change))
        assert len(server.requests) == paid


def test_a_server_that_fails_ends_the_search_and_says_nothing_of_the_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        server.faults = always(Fault("bad_key"))
        with pytest.raises(ConfigurationError, match="key"):
            quietly(wanted(tmp_path))
        server.faults = None
        close_llm()
        assert quietly(wanted(tmp_path)).candidate is not None


def test_two_fixtures_are_too_few(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="only 2 fixtures") as caught:
        quietly(wanted(tmp_path, fixtures=FIXTURES[:2]))
    assert "chrysopedia prompt export technique_pages" in caught.value.cure


def test_the_embedded_engine_reads_no_prompt(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="reads no prompt"):
        quietly(wanted(tmp_path))


@pytest.mark.parametrize("count", range(3, 30))
def test_every_fixture_is_in_one_part_whatever_their_order(count: int) -> None:
    many = [
        Fixture.model_construct(
            **{**dict(FIXTURES[0]), "video": Video(video_id=f"v-{n}", title="T", creator="C")}
        )
        for n in range(count)
    ]
    split = Split.of(many)
    assert split == Split.of(many[::-1])
    parts = (split.train, split.validation, split.hold_out)
    assert all(parts) and len(split.hold_out) <= math.ceil(count / 3)
    ids = [one.fixture_id for part in parts for one in part]
    assert sorted(ids) == sorted(one.fixture_id for one in many)


# The picture -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_the_picture_shows_every_candidate_and_stays_in_its_frame(rows: int) -> None:
    made = [Row(n, f"v{n}", 0.5 + n / 30, 0.4 if n < 2 else None, (0,), 3 + 7 * n) for n in range(rows)]  # fmt: skip
    root = ElementTree.fromstring(trajectory(Leaderboard(tuple(made), None, "")))
    circles = [e for e in root.iter() if e.tag.endswith("circle")]
    assert len(circles) == rows + min(rows, 2)
    for circle in circles:
        assert 0 <= float(circle.get("cx", -1)) <= 720 and 0 <= float(circle.get("cy", -1)) <= 360
    words = " ".join(e.text or "" for e in root.iter() if e.tag.endswith("text"))
    assert "evaluations" in words and "mean score" in words and "seed" in words
