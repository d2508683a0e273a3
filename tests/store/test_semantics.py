"""Search by meaning, on both databases, from a real server that speaks HTTP: what is asked, what is told when it fails."""

from collections.abc import Iterator

import pytest

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.search import Answer, Filters
from resources import semantics
from resources.embedding_settings import embedding_settings
from resources.searching import search, update_embeddings, update_index
from resources.settings import secrets
from resources.store.database import Database
from tests.fakes.chat_server import EMBEDDINGS, ChatServer
from tests.fakes.faults import Fault, FaultKind, always
from tests.store.test_search import page, store_pages, video

KEY = "sk-embeddings-0123456789"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with ChatServer(models=("embedder",), api_key=KEY, dimensions=256) as server:
        monkeypatch.setenv("CHRYSOPEDIA_EMBEDDINGS_MODEL", "embedder")
        monkeypatch.setenv("CHRYSOPEDIA_EMBEDDINGS_BASE_URL", server.base_url)
        monkeypatch.setenv("CHRYSOPEDIA_EMBEDDINGS_API_KEY", KEY)
        yield server


@pytest.fixture
def pages(database: Database) -> Database:
    ann = video("a")
    store_pages(
        database,
        ann,
        page(ann, "Kick", "Tune the kick drum and cut the mud."),
        page(ann, "Pads", "Detune oscillators with chorus.", at_s=100.0),
        page(ann, "Vocals", "Ride the fader before compressing.", at_s=200.0),
    )
    return database


def asked(server: ChatServer) -> list[int]:
    """How many texts each request had."""
    return [len(one.body["input"]) for one in server.requests if one.path == EMBEDDINGS]


def told(answer: Answer) -> list[str]:
    return [str(report) for report in answer.paths]


def test_each_hit_says_which_path_found_it_and_both_are_fused(
    pages: Database, server: ChatServer
) -> None:
    found = search(pages, "kick drum mud")
    assert told(found) == ["full text", "semantic"]
    assert found.hits[0].title == "Kick" and found.hits[0].paths == ("full text", "semantic")
    assert {hit.paths for hit in found.hits[1:]} == {("semantic",)}
    assert found.hits[1].missed == ("kick", "drum", "mud")


def test_what_was_embedded_is_never_asked_again(pages: Database, server: ChatServer) -> None:
    search(pages, "kick")
    first = asked(server)
    assert first == [4, 1], "sections, what all moments say alike once, and the query"
    search(pages, "pads")
    update_embeddings(pages)
    assert asked(server) == [*first, 1]
    ann = video("a")
    store_pages(pages, ann, page(ann, "Kick", "Tune the kick drum and cut the mud."))
    search(pages, "kick")
    assert asked(server) == [*first, 1, 1]


def test_filters_hold_for_it_too(pages: Database, server: ChatServer) -> None:
    bob = video("b", "Bob")
    store_pages(pages, bob, page(bob, "Other", "Kick drum mud."))
    found = search(pages, "kick drum mud", Filters(creator="Bob"))
    assert {hit.creator for hit in found.hits} == {"Bob"}


FAILURES: list[tuple[FaultKind, str]] = [
    ("server_error", "reports an error of its own"),
    ("bad_key", "does not let us in"),
    ("rate_limited", "asks for fewer requests"),
    ("gateway_html", "(502)"),
    ("no_choices", "not as an OpenAI-compatible server"),
]


@pytest.mark.parametrize(("kind", "why"), FAILURES)
def test_a_server_that_fails_is_told_and_full_text_answers(
    pages: Database, server: ChatServer, kind: FaultKind, why: str
) -> None:
    server.faults = always(Fault(kind))
    found = search(pages, "kick")
    assert [hit.title for hit in found.hits] == ["Kick"] and found.hits[0].paths == ("full text",)
    [_, semantic] = found.paths
    assert not semantic.used and why in semantic.why
    assert semantic.why.endswith("; full text answered")
    assert KEY not in semantic.why and KEY in secrets()


def test_a_time_out_is_told_never_swallowed(
    pages: Database, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_EMBEDDINGS_TIMEOUT_S", "0.2")
    server.faults = always(Fault("slow", seconds=30))
    assert told(search(pages, "kick")) == ["full text", "semantic: timed out after 0.2 s; full text answered"]  # fmt: skip
    server.faults = None
    assert told(search(pages, "kick")) == ["full text", "semantic"]


def test_a_server_that_is_not_there_is_told(
    pages: Database, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_EMBEDDINGS_BASE_URL", "http://127.0.0.1:9/v1")
    assert "cannot be reached" in told(search(pages, "kick"))[1]


def test_another_model_under_the_same_name_is_told_and_can_be_mended(
    pages: Database, server: ChatServer
) -> None:
    search(pages, "kick")
    server.dimensions = 16
    [_, report] = search(pages, "kick").paths
    assert not report.used and "gives 16 numbers for a text and gave 256 before" in report.why
    assert told(search(pages, "kick", wait=True)) == ["full text", "semantic"]
    assert told(search(pages, "kick")) == ["full text", "semantic"]


def test_a_server_that_gives_another_length_each_time_is_told(
    pages: Database, server: ChatServer
) -> None:
    def longer(number: int, body: object) -> None:
        server.dimensions += 8

    search(pages, "kick")
    server.faults = longer
    [_, report] = search(pages, "kick", wait=True).paths
    assert not report.used and "--update asks for all of them anew" in report.why


def test_many_that_are_missing_are_told_and_waited_for_when_asked(
    pages: Database, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(semantics, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(semantics, "BATCH", 3)
    assert "4 passages have no embedding yet; --update asks for them" in told(search(pages, "kick"))[1]  # fmt: skip
    assert told(search(pages, "kick", wait=True)) == ["full text", "semantic"]
    assert asked(server) == [1, 3, 1, 1]


def test_a_batch_that_was_answered_is_kept_when_the_next_one_fails(
    pages: Database, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(semantics, "BATCH", 3)
    server.faults = lambda number, body: Fault("server_error") if number == 1 else None
    assert "error of its own" in told(search(pages, "kick"))[1]
    search(pages, "kick")
    assert asked(server) == [3, 1, 1, 1]


def test_without_a_model_nothing_is_asked(database: Database, pages: Database) -> None:
    assert update_index(pages).videos == 1
    assert embedding_settings() is None and update_embeddings(pages) == 0
    assert told(search(pages, "kick")) == ["full text"]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("TIMEOUT_S", "soon", "Give seconds"),
        ("TIMEOUT_S", "0", "Give seconds"),
        ("TIMEOUT", "5", "Did you mean CHRYSOPEDIA_EMBEDDINGS_TIMEOUT_S"),
        ("API_KEY", "two words", "Copy it again"),
    ],
)
def test_wrong_settings_are_told(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(f"CHRYSOPEDIA_EMBEDDINGS_{name}", value)
    with pytest.raises(ConfigurationError, match=why):
        embedding_settings()
