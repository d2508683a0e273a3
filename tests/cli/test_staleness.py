"""What is out of date, why, what it costs, and making exactly that anew: as a curator has it on the command line."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.models.records import STAGES
from resources.database import open_database
from resources.llm import close_llm
from resources.settings import PROJECT
from resources.store.claims import claim
from resources.store.refreshes import list_refreshes
from tests.cli.conftest import Command
from tests.fakes.chat_server import ChatServer
from tests.faults.conftest import SPEECH
from tests.library import put_vtt

VIDEOS = ["ann--video-0", "ann--video-1", "bob--video-2"]


@pytest.fixture
def prompts(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Prompts that may be edited."""
    folder = own_world / "prompts"
    shutil.copytree(PROJECT / "prompts", folder)
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(folder))
    monkeypatch.setenv("CHRYSOPEDIA_TAXONOMY", str(folder / "taxonomy.toml"))
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with ChatServer() as found:
        close_llm()
        settings = {"MODEL": "test-model", "BASE_URL": found.base_url, "PRICE": "1/2/0.5"}
        for name, text in settings.items():
            monkeypatch.setenv(f"CHRYSOPEDIA_LLM_{name}", text)
        yield found
        close_llm()


@pytest.fixture
def made(chrysopedia: Command, own_world: Path, prompts: Path) -> Path:
    """Three videos of two creators, all made by the embedded engine; gives the prompts."""
    make(chrysopedia, own_world)
    return prompts


@pytest.fixture
def made_by_model(
    chrysopedia: Command, own_world: Path, prompts: Path, server: ChatServer
) -> ChatServer:
    """The same by a model; the server has then been asked whatever was needed."""
    make(chrysopedia, own_world)
    return server


def make(chrysopedia: Command, own_world: Path) -> None:
    for number, creator in enumerate(("Ann", "Ann", "Bob")):
        path = own_world / "library" / creator / f"Video {number}.vtt"
        put_vtt(path, *SPEECH[number:])
    chrysopedia("ingest")
    assert chrysopedia("process").code == 0


def edit(prompts: Path, task: str, text: str = "Be brief.") -> None:
    path = prompts / task / "system.md"
    path.write_text(path.read_text() + f"\n{text}\n")


def asked(server: ChatServer, since: int) -> Counter[str]:
    """Requests by task."""
    bodies = [request.body for request in server.requests[since:]]
    return Counter(str(body["response_format"]["json_schema"]["name"]) for body in bodies)


def counts(chrysopedia: Command, *options: str) -> dict[str, int]:
    found: dict[str, int] = chrysopedia("stale", "--json", *options).json["counts"]
    return {word: count for word, count in found.items() if count}


def test_everything_is_fresh_once_it_was_made(chrysopedia: Command, made: Path) -> None:
    assert counts(chrysopedia, "--asset", "all") == {"fresh": 18}
    assert "3 fresh" in chrysopedia("stale").out
    assert "Nothing to refresh." in chrysopedia("refresh").out


def test_an_edited_prompt_makes_pages_stale_with_the_prompt_as_the_cause_and_its_cost(
    chrysopedia: Command, made_by_model: ChatServer, prompts: Path
) -> None:
    calls = asked(made_by_model, 0)
    edit(prompts, "extraction")
    told = chrysopedia("stale", "--json").json
    assert told["counts"]["stale"] == 3
    [cause] = told["causes"]
    assert (cause["kind"], cause["subject"], cause["at"]) == (
        "prompt", "prompts/extraction", "key_moments"
    )  # fmt: skip
    assert cause["old"] != cause["new"] and cause["videos"] == 3 and cause["since"]
    assert {cell["video"] for cell in told["cells"]} == set(VIDEOS)
    low, high = told["refresh"]["calls"]
    below = calls["classification"] + calls["synthesis"]
    assert (low, high) == (calls["extraction"], calls["extraction"] + below)
    assert told["refresh"]["usd"][1] > told["refresh"]["usd"][0] > 0
    shown = chrysopedia("stale").out
    assert "prompts/extraction was edited" in shown and "chrysopedia refresh" in shown


def test_what_was_never_made_is_no_part_of_what_a_refresh_costs_unless_it_is_asked_for(
    chrysopedia: Command, made: Path, own_world: Path
) -> None:
    put_vtt(own_world / "library" / "Bob" / "New.vtt", *SPEECH[3:])
    chrysopedia("ingest")
    assert counts(chrysopedia) == {"fresh": 3, "missing": 1}
    for chosen, stages in ((), 0), (("--cause", "missing"), 6):
        told = chrysopedia("stale", "--json", *chosen).json["refresh"]["stages"]
        planned = chrysopedia("refresh", "--dry-run", "--json", *chosen).json["estimate"]["stages"]
        assert told == planned == [stages, stages], chosen
    shown = chrysopedia("stale").out
    assert "chrysopedia process" in shown and "chrysopedia refresh" not in shown


def test_a_refresh_asks_exactly_for_what_the_edit_changed_and_spares_what_came_out_equal(
    chrysopedia: Command, made_by_model: ChatServer, prompts: Path
) -> None:
    calls, since = asked(made_by_model, 0), len(made_by_model.requests)
    edit(prompts, "extraction")
    dry = chrysopedia("refresh", "--dry-run", "--json").json
    assert dry["videos"][0] == {
        "video": VIDEOS[0], "surely": ["key_moments"], "at_most": list(STAGES[2:])
    }  # fmt: skip
    assert len(made_by_model.requests) == since
    done = chrysopedia("refresh", "--json").json["outcome"]
    assert asked(made_by_model, since) == {"extraction": calls["extraction"]}
    assert sorted(map(tuple, done["ran"])) == [(video, "key_moments") for video in VIDEOS]
    assert len(done["spared"]) == 9
    assert done["used"]["calls"] == calls["extraction"]
    assert done["saved"]["calls"][1] == calls["classification"] + calls["synthesis"]
    cut_off = chrysopedia("costs", "--json").json["saved"]["by_early_cut_off"]
    assert cut_off == {"stages": 9, "calls": done["saved"]["calls"], "usd": done["saved"]["usd"]}
    assert "9 runs of stages spared by early cut-off" in chrysopedia("costs").out
    assert counts(chrysopedia) == {"fresh": 3}
    with dg.DagsterInstance.get() as instance:
        run, *_ = instance.get_runs()
        assert run.tags["chrysopedia/trigger"] == "bulk_resynthesis"


def test_what_a_refresh_was_to_cost_and_did_is_on_record(
    chrysopedia: Command, made_by_model: ChatServer, prompts: Path
) -> None:
    edit(prompts, "synthesis")
    chrysopedia("refresh", "--video", VIDEOS[0])
    with open_database().reading() as connection:
        [record] = list_refreshes(connection)
    assert record.choices["videos"] == [VIDEOS[0]]
    assert record.ended_at and record.ended_at > record.started_at
    [row] = chrysopedia("costs", "--by", "refresh", "--json").json["rows"]
    assert row["expected_calls"] == [row["calls"]] * 2
    assert (row["videos"], row["state"], row["spared"], row["left"]) == (1, "done", 0, [])


def test_a_refresh_that_the_months_budget_ends_says_what_is_left_and_goes_on_later(
    chrysopedia: Command, made_by_model: ChatServer, prompts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_LLM_PRICE", "1/1")
    monkeypatch.setenv("CHRYSOPEDIA_BUDGET_USD", "0")
    close_llm()
    edit(prompts, "synthesis")
    since = len(made_by_model.requests)
    ended = chrysopedia("refresh")
    assert ended.code == 1 and len(made_by_model.requests) == since
    assert "this month's budget of US$ 0.00" in ended.told
    assert "go on with: chrysopedia refresh" in ended.told
    [row] = chrysopedia("costs", "--by", "refresh", "--json").json["rows"]
    assert (row["calls"], sorted(row["left"]), row["state"]) == (0, VIDEOS, "done")
    assert all(
        f"{video}: not begun" in ended.out or f"{video} failed" in ended.told for video in VIDEOS
    )
    monkeypatch.setenv("CHRYSOPEDIA_BUDGET_USD", "100")
    close_llm()
    assert chrysopedia("refresh").code == 0
    assert counts(chrysopedia) == {"fresh": 3}


def test_an_old_prompt_put_back_makes_its_pages_fresh_again(
    chrysopedia: Command, made: Path
) -> None:
    path = made / "synthesis" / "user.md"
    before = path.read_text()
    path.write_text(before + "\nmore\n")
    assert counts(chrysopedia) == {"stale": 3}
    chrysopedia("refresh", "--video", VIDEOS[0])
    assert counts(chrysopedia) == {"fresh": 1, "stale": 2}
    path.write_text(before)
    assert counts(chrysopedia) == {"fresh": 2, "stale": 1}


def test_only_chosen_causes_and_videos_are_refreshed_and_no_more_than_the_limit(
    chrysopedia: Command, made: Path
) -> None:
    edit(made, "segmentation")
    edit(made, "synthesis")
    chosen = chrysopedia("refresh", "--cause", "prompts/synthesis", "--limit", "2", "--json").json
    assert [pair[1] for pair in chosen["outcome"]["ran"]] == ["technique_pages"] * 2
    assert chosen["beyond_limit"] == VIDEOS[2:]
    left = chrysopedia("stale", "--cause", "prompts/synthesis", "--json").json
    assert [cell["video"] for cell in left["cells"]] == VIDEOS[2:]
    assert counts(chrysopedia, "--asset", "topic_chunks") == {"stale": 3}
    nonsense = chrysopedia("refresh", "--cause", "weather")
    assert nonsense.code == 2 and "Kinds of causes" in nonsense.told


def test_a_budget_begins_no_video_that_may_cost_more_than_is_left(
    chrysopedia: Command, made_by_model: ChatServer, prompts: Path
) -> None:
    since, calls = len(made_by_model.requests), asked(made_by_model, 0)
    edit(prompts, "synthesis")
    allowed = calls["synthesis"] - 1
    done = chrysopedia("refresh", "--budget", f"{allowed}calls", "--json").json["outcome"]
    assert done["over_budget"] and done["ran"]
    assert 0 < len(made_by_model.requests) - since <= allowed
    nothing = chrysopedia("refresh", "--budget", "0.0000001", "--json").json["outcome"]
    assert nothing["ran"] == []
    wrong = chrysopedia("refresh", "--budget", "lots")
    assert wrong.code == 2 and "200calls" in wrong.told


def test_a_backfill_which_keeps_no_budget_is_not_asked_for_with_one(
    chrysopedia: Command, made: Path
) -> None:
    edit(made, "synthesis")
    refused = chrysopedia("refresh", "--backfill", "--budget", "2.50")
    assert refused.code == 2 and "keeps no budget" in refused.told
    with dg.DagsterInstance.get() as instance:
        assert instance.get_backfills() == []


def test_another_model_is_a_cause_of_its_own(
    chrysopedia: Command, made_by_model: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_LLM_SYNTHESIS_TEMPERATURE", "0.9")
    [cause] = chrysopedia("stale", "--json").json["causes"]
    assert (cause["kind"], cause["subject"]) == ("settings", "synthesis_settings")
    assert "t0.9" in cause["new"]
    told = chrysopedia("stale", "--json").json["refresh"]
    assert told["calls"][0] == told["calls"][1] > 0


def test_pages_of_a_model_are_not_replaced_because_a_variable_is_missing_in_a_shell(
    chrysopedia: Command, made_by_model: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHRYSOPEDIA_LLM_MODEL")
    refused = chrysopedia("refresh")
    assert refused.code == 2
    assert "3 videos were made by a language model" in refused.told
    assert "--cause settings" in refused.told
    meant = chrysopedia("refresh", "--cause", "settings", "--limit", "1", "--json")
    assert meant.code == 0 and meant.json["outcome"]["ran"]


def test_an_edited_taxonomy_is_one_word_whoever_reads_it_and_can_be_accepted(
    chrysopedia: Command, made: Path
) -> None:
    path = made / "taxonomy.toml"
    path.write_text(path.read_text().replace('"Pro-Q 3"', '"Pro-Q 3", "Pro-Q 9"', 1))
    told = chrysopedia("stale", "--json").json
    assert {cause["kind"] for cause in told["causes"]} == {"taxonomy"}
    assert len(told["causes"]) == 4, "the classifier reads it, and so does the embedded engine"
    chrysopedia("accept", "prompts/taxonomy", "--reason", "a product that nobody names")
    assert counts(chrysopedia) == {"accepted": 3}


def test_what_it_will_cost_is_said_before_it_is_spent_and_at_the_price_in_force(
    chrysopedia: Command,
    made_by_model: ChatServer,
    prompts: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edit(prompts, "synthesis")
    before = chrysopedia("stale", "--json").json["refresh"]["usd"]
    monkeypatch.setenv("CHRYSOPEDIA_LLM_PRICE", "10/20/5")
    assert chrysopedia("stale", "--json").json["refresh"]["usd"] == pytest.approx(
        [10 * usd for usd in before]
    )
    shown = chrysopedia("refresh").out
    assert shown.index("Expected: 3 stages") < shown.index("3 stages re-run")


def test_the_ledger_may_answer_for_a_prompt_that_was_used_before(
    chrysopedia: Command, made_by_model: ChatServer, prompts: Path
) -> None:
    path = prompts / "synthesis" / "system.md"
    first = path.read_text()
    edit(prompts, "synthesis")
    chrysopedia("refresh")
    path.write_text(first)
    low, high = chrysopedia("stale", "--json").json["refresh"]["calls"]
    assert low == 0 < high
    since = len(made_by_model.requests)
    chrysopedia("refresh")
    assert len(made_by_model.requests) == since


def test_process_leaves_what_is_only_out_of_date_to_refresh_unless_it_is_named(
    chrysopedia: Command, made: Path
) -> None:
    edit(made, "synthesis")
    everything = chrysopedia("process")
    assert "3 videos are complete and out of date" in everything.told
    assert counts(chrysopedia) == {"stale": 3}
    named = chrysopedia("process", VIDEOS[0], "--json").json
    assert named[0]["ran"] == ["technique_pages"]


def test_a_video_that_somebody_else_is_at_work_on_is_left_to_them(
    chrysopedia: Command, made: Path
) -> None:
    edit(made, "synthesis")
    with claim(open_database(), VIDEOS[0]) as ours:
        assert ours
        done = chrysopedia("refresh", "--json").json["outcome"]
    assert done["busy"] == [VIDEOS[0]]
    assert {pair[0] for pair in done["ran"]} == set(VIDEOS[1:])
    with dg.DagsterInstance.get() as instance:  # a run that the web UI has started
        run = instance.create_run_for_job(
            build_defs().resolve_job_def("process_video"),
            status=dg.DagsterRunStatus.STARTED,
            tags={"dagster/partition": VIDEOS[0]},
        )
        assert chrysopedia("refresh", "--json").json["outcome"]["busy"] == [VIDEOS[0]]
        instance.report_run_failed(run)
    assert chrysopedia("refresh", "--json").json["outcome"]["busy"] == []


def test_a_cosmetic_edit_can_be_accepted_by_name_and_reason_and_taken_back(
    chrysopedia: Command, made: Path
) -> None:
    edit(made, "synthesis", "(typo)")
    refused = chrysopedia("accept", "prompts/synthesis")
    assert refused.code == 2 and "--reason" in refused.told
    assert chrysopedia("accept", "prompts/synthesis", "--reason", "a typo").code == 0
    assert counts(chrysopedia) == {"accepted": 3}
    assert "accepted" in chrysopedia("stale").out
    assert "Nothing to refresh." in chrysopedia("refresh").out
    [entry] = chrysopedia("accept", "--json").json
    assert entry["reason"] == "a typo" and entry["accepted_by"] and entry["accepted_at"]
    assert entry["old_version"] != entry["new_version"]
    chrysopedia("accept", "prompts/synthesis", "--revoke")
    assert counts(chrysopedia) == {"stale": 3}
    assert chrysopedia("accept", "--json").json[0]["revoked_by"]


def test_whoever_has_no_name_is_on_record_by_number(
    chrysopedia: Command, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nameless)
    edit(made, "synthesis", "(typo)")
    chrysopedia("accept", "prompts/synthesis", "--reason", "a typo")
    assert chrysopedia("accept", "--json").json[0]["accepted_by"] == f"user {os.getuid()}"


def test_pages_are_told_apart_by_prompt_engine_and_model(
    chrysopedia: Command, made: Path, server: ChatServer
) -> None:
    edit(made, "synthesis")
    chrysopedia("refresh", "--video", VIDEOS[0], "--cause", "settings", "--cause", "prompt")
    rows = chrysopedia("stale", "--versions", "--json").json
    assert {(row["made_by"], row["in_force"], row["videos"]) for row in rows} == {
        ("extractive 2", "no", 2),
        ("test-model", "yes", 1),
    }
    assert len({row["prompt"] for row in rows}) == 2


# --- one stage of one video


def test_one_stage_of_one_video_is_run_again_and_nothing_else(
    chrysopedia: Command, made_by_model: ChatServer
) -> None:
    calls, since = asked(made_by_model, 0), len(made_by_model.requests)
    done = chrysopedia("rerun", VIDEOS[0], "key_moments", "--json")
    assert done.json["ran"] == ["key_moments"]
    assert len(made_by_model.requests) == since, "the same questions are answered from the ledger"
    chrysopedia("rerun", VIDEOS[0], "key_moments", "--fresh")
    assert 0 < asked(made_by_model, since)["extraction"] < calls["extraction"]
    with dg.DagsterInstance.get() as instance:
        run, *_ = instance.get_runs()
        assert run.tags["chrysopedia/trigger"] == "stage_rerun"
    close = chrysopedia("rerun", VIDEOS[0], "key_moment")
    assert close.code == 2 and "Did you mean key_moments?" in close.told


def test_a_stage_whose_parent_is_missing_or_stale_names_it_and_leaves_the_choice(
    chrysopedia: Command, made: Path, own_world: Path
) -> None:
    put_vtt(own_world / "library" / "Bob" / "New.vtt", *SPEECH[3:])
    chrysopedia("ingest")
    missing = chrysopedia("rerun", "bob--new", "key_moments", "--anyway")
    assert missing.code == 2
    assert "topic_chunks was never made" in missing.told and "--parents" in missing.told
    first = chrysopedia("rerun", "bob--new", "key_moments", "--parents", "--json")
    assert first.json["ran"] == ["transcripts", "topic_chunks", "key_moments"]
    edit(made, "segmentation")
    stale = chrysopedia("rerun", VIDEOS[0], "key_moments")
    assert stale.code == 2
    assert "prompts/segmentation was edited" in stale.told and "--anyway" in stale.told
    anyway = chrysopedia("rerun", VIDEOS[0], "key_moments", "--anyway", "--json")
    assert anyway.json["ran"] == ["key_moments"]


def test_a_prompt_for_one_video_is_used_recorded_and_never_leaks(
    chrysopedia: Command, made_by_model: ChatServer, prompts: Path, own_world: Path
) -> None:
    mine = own_world / "mine.md"
    mine.write_text((prompts / "extraction" / "system.md").read_text() + "\nONLY THE DRUMS\n")
    since = len(made_by_model.requests)
    chrysopedia("rerun", VIDEOS[0], "key_moments", "--prompt", mine)
    with_mine = [str(request.body) for request in made_by_model.requests[since:]]
    assert with_mine and all("ONLY THE DRUMS" in body for body in with_mine)
    for asset in ("key_moments", "technique_pages"):  # the page is made of it
        assert counts(chrysopedia, "--asset", asset) == {"fresh": 2, "override": 1}
    edit(prompts, "extraction")
    since = len(made_by_model.requests)
    chrysopedia("refresh")
    others = [str(request.body) for request in made_by_model.requests[since:]]
    assert others and not any("ONLY THE DRUMS" in body for body in others)
    assert counts(chrysopedia, "--asset", "key_moments") == {"fresh": 2, "override": 1}
    chrysopedia("rerun", VIDEOS[0], "--clear-override")
    assert counts(chrysopedia, "--asset", "all") == {"fresh": 18}
    both = chrysopedia("rerun", VIDEOS[0], "key_moments", "--clear-override", "--prompt", mine)
    assert both.code == 2 and "Give one of them" in both.told
    none_left = chrysopedia("rerun", VIDEOS[0], "--clear-override")
    assert none_left.code == 2 and "no stage of this video has an override" in none_left.told


def test_a_folder_is_a_whole_prompt_for_one_video(
    chrysopedia: Command, made_by_model: ChatServer, prompts: Path, own_world: Path
) -> None:
    folder = Path(shutil.copytree(prompts / "extraction", own_world / "mine"))
    for name in ("system.md", "user.md"):
        text = (folder / name).read_text()
        (folder / name).write_text(f"{text}\nMINE IN {name}\n")
    since = len(made_by_model.requests)
    assert chrysopedia("rerun", VIDEOS[0], "key_moments", "--prompt", folder).code == 0
    sent = [str(request.body) for request in made_by_model.requests[since:]]
    assert sent and all("MINE IN system.md" in it and "MINE IN user.md" in it for it in sent)
    assert counts(chrysopedia, "--asset", "key_moments") == {"fresh": 2, "override": 1}


def test_a_prompt_that_cannot_be_used_is_refused_before_anything_runs(
    chrysopedia: Command, made: Path, own_world: Path
) -> None:
    mine = own_world / "mine.md"
    mine.write_text("{{ weather }}")
    refused = chrysopedia("rerun", VIDEOS[0], "key_moments", "--prompt", mine)
    assert refused.code == 2 and "weather" in refused.told and "mine.md" in refused.told
    no_prompt = chrysopedia("rerun", VIDEOS[0], "synthesis_groups", "--prompt", mine)
    assert no_prompt.code == 2 and "has no prompt" in no_prompt.told
    folder = Path(shutil.copytree(made / "extraction", own_world / "mine"))
    toml = folder / "prompt.toml"
    toml.write_text(f'model = "another"\n{toml.read_text()}')
    other_model = chrysopedia("rerun", VIDEOS[0], "key_moments", "--prompt", folder)
    assert other_model.code == 2 and "names another model" in other_model.told
    assert counts(chrysopedia, "--asset", "all") == {"fresh": 18}


def test_a_clean_reprocess_uses_nothing_from_before(
    chrysopedia: Command, made_by_model: ChatServer
) -> None:
    since = len(made_by_model.requests)
    done = chrysopedia("rerun", VIDEOS[0], "--clean", "--json")
    assert done.json["ran"] == list(STAGES)
    again = asked(made_by_model, since)
    assert {task for task, count in again.items() if count} == {
        "segmentation", "extraction", "classification", "synthesis"
    }  # fmt: skip
    named_too = chrysopedia("rerun", VIDEOS[0], "key_moments", "--clean")
    assert named_too.code == 2


def test_a_stage_of_all_videos_of_a_creator_or_category_is_run_again(
    chrysopedia: Command, made: Path
) -> None:
    of_ann = chrysopedia("rerun-all", "synthesis_groups", "--creator", "Ann", "--json").json
    assert of_ann["outcome"]["ran"] == [[video, "synthesis_groups"] for video in VIDEOS[:2]]
    nobody = chrysopedia("rerun-all", "synthesis_groups", "--creator", "An")
    assert nobody.code == 2 and "Ann" in nobody.told
    [row, *_] = chrysopedia("pages", "list", "--json").json
    dry = chrysopedia(
        "rerun-all", "technique_pages", "--category", row["category"], "--dry-run", "--json"
    ).json
    assert row["video"] in {entry["video"] for entry in dry["videos"]}
    nowhere = chrysopedia("rerun-all", "technique_pages", "--category", "weather")
    assert nowhere.code == 2 and "no page of the category weather" in nowhere.told


# --- what may be wrong


def test_a_prompt_that_cannot_be_read_makes_nothing_stale_and_is_named(
    chrysopedia: Command, made: Path
) -> None:
    (made / "synthesis" / "prompt.toml").write_text("temperature = hot")
    told = chrysopedia("stale")
    assert "3 fresh" in told.out
    assert "prompt.toml" in told.told and "counts as it did when it was last read" in told.told
    assert "prompt.toml" in chrysopedia("refresh").told
    assert set(chrysopedia("stale", "--json").json["broken"]) == {
        "prompts/synthesis", "synthesis_settings"
    }  # fmt: skip
    failed = chrysopedia("rerun", VIDEOS[0], "technique_pages")
    assert failed.code == 1 and "prompt.toml" in failed.told
    other = chrysopedia("rerun", VIDEOS[0], "key_moments", "--json")
    assert other.json["ran"] == ["key_moments"]


def test_what_is_out_of_date_is_told_without_loading_dagster(made: Path) -> None:
    program = (
        "import sys\nsys.argv = ['chrysopedia', 'stale']\n"
        "from chrysopedia_assets.cli import main\n"
        "try:\n    main.run()\nexcept SystemExit:\n    pass\n"
        "print('dagster' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert "3 fresh" in done.stdout
    assert done.stdout.splitlines()[-1] == "False"


def test_dagster_is_told_of_an_edit_that_was_seen_on_the_command_line(
    chrysopedia: Command, made: Path
) -> None:
    edit(made, "synthesis")
    new = chrysopedia("stale", "--json").json["causes"][0]["new"]
    with dg.DagsterInstance.get() as instance:
        key = dg.AssetKey(["prompts", "synthesis"])
        [record] = instance.fetch_observations(key, limit=1).records
    assert record.asset_observation is not None
    assert record.asset_observation.tags["dagster/data_version"] == new
