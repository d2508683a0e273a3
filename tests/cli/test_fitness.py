"""`chrysopedia doctor --model`: what the battery finds in good and bad models, and what they are fit for then."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from chrysopedia_assets.models.prompts import TASKS
from resources.llm import close_llm
from tests.cli.conftest import Command, Ended
from tests.cli.test_language_model import KEY, use
from tests.fakes.chat_server import COMPLETIONS, ChatServer
from tests.fakes.faults import Fault, FaultKind, Faults, always
from tests.fakes.probed import probed

JSON, LENGTH, PLANTED = "JSON discipline", "length and number", "planted orders"
ONCE, ORDER = "every index once", "indices in order"
LONG = "long input, {:,} tokens"
Try = Callable[..., dict[str, Any]]


@pytest.fixture
def tried(chrysopedia: Command, monkeypatch: pytest.MonkeyPatch) -> Try:
    """What the doctor says of the model of a server, as it prints it for machines."""

    def run(server: ChatServer, **more: str) -> dict[str, Any]:
        with server:
            use(monkeypatch, server, **more)
            ended = chrysopedia("doctor", "--model", "--json")
        [found] = ended.json
        unfit = "not fit" in verdicts(found).values()
        assert ended.code == int(unfit)
        return dict(found)

    return run


def passed(found: dict[str, Any]) -> dict[str, str]:
    return {row["probe"]: f"{row['passed']} of {row['of']}" for row in found["probes"]}


def failed(found: dict[str, Any]) -> set[str]:
    return {row["probe"] for row in found["probes"] if row["passed"] < row["of"]}


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {row["stage"]: row["verdict"] for row in found["stages"]}


def why(found: dict[str, Any], probe: str) -> str:
    return str(next(row["why_not"] for row in found["probes"] if row["probe"] == probe))


def test_a_sound_model_is_fit_for_everything_and_each_call_is_in_the_cost(
    chrysopedia: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server, PRICE="1/2")
        ended = chrysopedia("doctor", "--model", "--json")
        [found] = ended.json
        asked = [json.dumps(r.body) for r in server.requests if r.path == COMPLETIONS]
        cost = chrysopedia("costs", "--by", "stage", "--json").json["rows"]
    assert ended.code == 0
    assert verdicts(found) == dict.fromkeys(TASKS, "fit")
    assert passed(found) == {
        JSON: "2 of 2", LENGTH: "2 of 2", PLANTED: "2 of 2", ONCE: "2 of 2", ORDER: "2 of 2",
        LONG.format(12_000): "1 of 1", LONG.format(16_000): "1 of 1", LONG.format(24_000): "1 of 1",
    }  # fmt: skip
    assert found["calls"] == len(asked) == len(set(asked)) == 13
    assert ended.told.startswith(f"13 calls to test-model at {found['server']}, about 54,")
    [row] = cost
    assert (row["task"], row["calls"]) == ("check", 13)
    assert sum(one["cost_usd"] for one in found["probes"]) == pytest.approx(row["cost_usd"])
    assert sum(one["tokens"] for one in found["probes"]) == row["tokens_in"] + row["tokens_out"]


def test_it_is_asked_anew_each_time(chrysopedia: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        first, second = (chrysopedia("doctor", "--model", "--json") for _ in range(2))
        assert len([r for r in server.requests if r.path == COMPLETIONS]) == 26
    assert passed(first.json[0]) == passed(second.json[0])


@pytest.mark.parametrize(
    ("kind", "probes", "verdict", "told"),
    [
        ("fenced", {JSON}, "risky", "there is text around the JSON"),
        ("thinking", set(), "fit", ""),
        ("out_of_range", {ONCE, ORDER}, "not fit", "numbers that do not exist: [1000059]"),
        ("duplicate", {ONCE, ORDER}, "not fit", "numbers answered more than once: [59]"),
    ],
)
def test_what_is_wrong_with_every_reply_is_seen_where_it_matters(
    tried: Try, kind: FaultKind, probes: set[str], verdict: str, told: str
) -> None:
    found = tried(ChatServer(faults=always(Fault(kind))))
    assert failed(found) == probes
    assert verdicts(found) == dict.fromkeys(TASKS, verdict)
    assert told in " ".join(row["why_not"] for row in found["probes"])


@pytest.mark.parametrize("kind", ["not_json", "wrong_schema", "empty", "refusal", "truncated"])
def test_replies_of_no_use_at_all_are_fit_for_nothing(tried: Try, kind: FaultKind) -> None:
    found = tried(ChatServer(faults=always(Fault(kind))))
    assert set(passed(found).values()) == {"0 of 2", "0 of 1"}
    assert verdicts(found) == dict.fromkeys(TASKS, "not fit")


def test_who_leaves_numbers_out_can_still_divide_a_transcript(tried: Try) -> None:
    found = tried(ChatServer(faults=always(Fault("short"))))
    assert failed(found) == {ONCE}
    assert "numbers without an answer: [53, 54" in why(found, ONCE)
    assert verdicts(found) == {
        "segmentation": "fit",
        "extraction": "fit",
        "classification": "not fit",
        "synthesis": "not fit",
    }


def test_once_out_of_two_is_a_risk_and_not_the_end(tried: Try) -> None:
    def fault(number: int, body: Mapping[str, Any]) -> Fault | None:
        return Fault("duplicate") if '"number\\":40,' in json.dumps(body) else None

    found = tried(ChatServer(faults=fault))
    assert passed(found)[ONCE] == "1 of 2"
    assert verdicts(found)["classification"] == "risky"
    assert verdicts(found)["segmentation"] == "fit"


def test_a_model_that_does_what_is_said_in_a_transcript_is_a_risk(tried: Try) -> None:
    def obeys(body: Mapping[str, Any]) -> str | None:
        said = body["messages"][-1]["content"]
        return '{"ratio": 99, "segment": 1}' if "Ignore the question" in said else None

    found = tried(ChatServer(answer=obeys))
    assert failed(found) == {PLANTED}
    assert "it obeys an order that is said in the transcript" in why(found, PLANTED)
    assert verdicts(found) == dict.fromkeys(TASKS, "risky")


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["One", "Two"], "it gives 2 labels, and not 4"),
        (["One", "Two", "Three", "A label of five words"], "has more than 3 words"),
        (["One", "Two", "Three", "one"], "it gives a label twice"),
    ],
)
def test_who_cannot_count_is_a_risk_for_pages_alone(
    tried: Try, labels: list[str], told: str
) -> None:
    def answer(body: Mapping[str, Any]) -> str | None:
        asked = "labels for chapters" in body["messages"][-1]["content"]
        return json.dumps({"labels": labels}) if asked else None

    found = tried(ChatServer(answer=answer))
    assert told in why(found, LENGTH)
    assert verdicts(found) == {task: "fit" for task in TASKS} | {"synthesis": "risky"}


def test_a_context_that_is_too_short_bars_the_stages_that_read_more(tried: Try) -> None:
    found = tried(ChatServer(max_context_tokens=12_000))
    assert failed(found) == {LONG.format(16_000), LONG.format(24_000)}
    assert verdicts(found) == {task: "not fit" for task in TASKS} | {"extraction": "fit"}
    [told] = next(row["why"] for row in found["stages"] if row["stage"] == "classification")
    assert "a lower max_input_tokens" in told


def test_a_server_that_silently_drops_the_beginning_is_found_out(tried: Try) -> None:
    def forgetful(body: Mapping[str, Any]) -> str | None:
        """Sees the last 30,000 characters alone, as some servers do without a word."""
        said = str(body["messages"][-1]["content"])
        if "What is the session called" not in said or len(said) <= 30_000:
            return None
        return json.dumps({"first": "Room Mics", "last": json.loads(probed(said) or "")["last"]})

    found = tried(ChatServer(answer=forgetful))
    assert failed(found) == {LONG.format(12_000), LONG.format(16_000), LONG.format(24_000)}
    assert "'Room Mics', and not 'Copper Lantern'" in why(found, LONG.format(12_000))


def test_it_reads_as_a_table_of_probes_and_one_of_stages(
    chrysopedia: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(number: int, body: Mapping[str, Any]) -> Fault | None:
        return Fault("fenced") if "Saturn 2" in json.dumps(body) else None

    with ChatServer(faults=fault, models=["test-model", "another"]) as server:
        use(monkeypatch, server)
        ended = chrysopedia("doctor", "--model", "another")
    assert ended.code == 0
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert lines[0].startswith("another at 127.0.0.1:")
    assert any(line.startswith("JSON discipline 1 of 2") for line in lines)
    assert "unknown" in ended.out, "a price that nobody knows is not zero"
    assert "segmentation risky: JSON discipline 1 of 2" in lines


def test_each_model_that_is_set_up_is_tried_and_held_to_its_own_tasks(
    chrysopedia: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def weak(number: int, body: Mapping[str, Any]) -> Fault | None:
        return Fault("short") if body["model"] == "test-model" else None

    with ChatServer(faults=weak, models=["strong", "test-model"]) as server:
        use(monkeypatch, server, SYNTHESIS_MODEL="strong", CLASSIFICATION_MODEL="strong")
        ended = chrysopedia("doctor", "--model", "--json")
        assert [row["model"] for row in ended.json] == ["strong", "test-model"]
        assert verdicts(ended.json[1])["synthesis"] == "not fit"
        assert ended.code == 0, "it writes no pages here"
        assert chrysopedia("doctor", "--model", "test-model").code == 0
        close_llm()
        monkeypatch.delenv("CHRYSOPEDIA_LLM_CLASSIFICATION_MODEL")
        assert chrysopedia("doctor", "--model", "--json").code == 1


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        (always(Fault("bad_key")), "CHRYSOPEDIA_LLM_API_KEY"),
        (always(Fault("no_such_model")), "has no model"),
    ],
)
def test_what_is_not_the_models_fault_is_an_error_after_one_call(
    chrysopedia: Command, monkeypatch: pytest.MonkeyPatch, faults: Faults, told: str
) -> None:
    with ChatServer(faults=faults) as server:
        use(monkeypatch, server, API_KEY=KEY)
        ended = chrysopedia("doctor", "--model")
        assert len([r for r in server.requests if r.path == COMPLETIONS]) == 1
    assert ended.code == 2 and told in ended.told


def test_a_poor_server_is_asked_in_its_own_way(tried: Try) -> None:
    server = ChatServer(supports=(), max_tokens_refused=True, temperature_refused=True)
    found = tried(server)
    assert verdicts(found) == dict.fromkeys(TASKS, "fit")
    assert len(server.requests) == 13 + 4, "its manners are learned from the first question alone"


def test_without_a_model_it_says_what_to_set(chrysopedia: Command) -> None:
    def told(ended: Ended) -> str:
        assert ended.code == 2
        return ended.told

    assert "CHRYSOPEDIA_LLM_MODEL" in told(chrysopedia("doctor", "--model"))
    assert "doctor --model test-model" in told(chrysopedia("doctor", "test-model"))
