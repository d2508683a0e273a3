"""With which prompt the versions of a page were written, on both databases: by the ledger, by Dagster's events, in whose words."""

import dagster as dg
import pytest

from chrysopedia_assets.inspection.page_history import PageHistory
from chrysopedia_assets.models.calls import (
    Attempt,
    Completion,
    Dialect,
    Label,
    Message,
    Outcome,
    Result,
)
from resources.database import open_database
from resources.event_log import event_log_on_disk
from resources.page_history import page_history, prompts_on_record
from resources.store.dagster_events import read_in_runs
from resources.store.ledger import Ledger
from resources.store.page_prompts import asked_in_runs
from resources.store.promotions import Promotion, add
from resources.store.videos import put_video
from tests.fakes.calling import request
from tests.records import library_video
from tests.store.test_addresses import V, record, store
from tests.store.test_recent import LONG_AGO

NO_RUN = ""
"""As Dagster calls the run of what was reported without one."""
PAGE = f"{V}--kick"


@pytest.fixture
def ledger(either: dg.DagsterInstance) -> Ledger:
    with open_database().writing(lock="test") as connection:
        put_video(connection, library_video())
    return Ledger(open_database())


def ask(ledger: Ledger, run_id: str, prompt: str, system: str, user: str, went: Outcome = "ok") -> None:  # fmt: skip
    said = (Message(role="system", content=system), Message(role="user", content=user))
    asked = request().model_copy(update={"messages": said})
    label = Label("synthesis", V, "group g moments 1", prompt, timeout_s=9.0)
    call_id = ledger.begin(Attempt(asked.key, run_id, "e", "m", label, Dialect()), asked)
    ledger.end(call_id, Result(went, 0.1, completion=Completion("{}")))


def gathered(**on_record: dict[str, str]) -> PageHistory:
    with open_database().reading() as connection:
        found = page_history(connection, event_log_on_disk(), PAGE, on_record)
    assert found is not None
    return found


def test_the_prompt_is_that_of_the_calls_of_the_run_about_the_video(ledger: Ledger) -> None:
    ask(ledger, "r1", "failed", "s", "u", "server_error")
    ask(ledger, "r1", "p1", "s", "u")
    ask(ledger, "r2", "p2", "s", "u")
    with open_database().reading() as connection:
        found = asked_in_runs(connection, "synthesis", ["r1", "r3"])
        assert asked_in_runs(connection, "extraction", ["r1"]) == {}
    assert [(by, [one.prompt_version for one in asked]) for by, asked in found.items()] == [
        (("r1", V), ["p1"])
    ]


def test_what_was_asked_is_that_of_the_call_with_the_most_of_the_pages_passages(
    ledger: Ledger,
) -> None:
    for run_id, prompt in (("r1", "p1"), ("r2", "p2")):
        ask(ledger, run_id, prompt, f"System of {prompt}", "Another page's moments")
        ask(ledger, run_id, prompt, f"System of {prompt}", 'This page: "q"')
        store(open_database(), record(**{"kick" if run_id == "r1" else "punch": [1, 2]}), run_id)
    old, new = gathered().editions
    assert [(one.prompt.version, one.prompt.read) for one in (old, new)] == [("p1", True), ("p2", True)]  # fmt: skip
    assert old.prompt.asked == {"system": "System of p1", "user": 'This page: "q"'}
    assert new.prompt.asked["system"] == "System of p2" and new.changed == ("title was 'kick'",)
    known = gathered(p1={"system.md": "one"}, p2={"system.md": "two"})
    assert [one.prompt.files for one in known.editions] == [{"system.md": "one"}, {"system.md": "two"}]  # fmt: skip
    assert [one.prompt.asked for one in known.editions] == [{}, {}], "not read where it is not needed"  # fmt: skip


def test_an_engine_that_asks_nobody_read_what_dagster_has_on_record(
    either: dg.DagsterInstance, ledger: Ledger
) -> None:
    tags = {"dagster/input_data_version/prompts/synthesis": "p0"}
    made = dg.AssetMaterialization("technique_pages", partition=V, tags=tags)
    other = dg.AssetMaterialization("key_moments", partition=V, tags=tags)
    for event in (made, other):
        either.report_runless_asset_event(event)
    events = event_log_on_disk()
    assert read_in_runs(events, "technique_pages", "prompts/synthesis", [NO_RUN]) == {(NO_RUN, V): "p0"}  # fmt: skip
    assert read_in_runs(events, "technique_pages", "prompts/extraction", [NO_RUN]) == {}
    assert read_in_runs(events, "technique_pages", "prompts/synthesis", ["r1"]) == {}
    store(open_database(), record(kick=[1]), NO_RUN)
    store(open_database(), record(kick=[1, 2]), None)
    first, second = gathered().editions
    assert (first.prompt.version, first.prompt.read) == ("p0", False)
    assert (second.prompt.version, second.prompt.read) == (None, False)


def test_what_was_or_is_installed_is_on_record_without_its_cases(ledger: Ledger) -> None:
    files = {"system.md": b"one \xff", "user.md": b"two", "cases/a.yaml": b"three"}
    with open_database().writing(lock="test") as connection:
        for number, version in enumerate((None, "p1"), start=1):
            add(connection, Promotion("synthesis", number, version, LONG_AGO, "mine", files))
        found = prompts_on_record(connection)
    assert found["p1"] == {"system.md": "one \ufffd", "user.md": "two"}
    [installed] = found.keys() - {"p1"}
    assert set(found[installed]) == {"system.md", "user.md", "prompt.toml", "voice.toml"}


def test_an_installed_prompt_that_cannot_be_read_hides_no_history(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", "/nowhere")
    with open_database().reading() as connection:
        assert prompts_on_record(connection) == {}
        assert page_history(connection, event_log_on_disk(), "nothing", {}) is None
