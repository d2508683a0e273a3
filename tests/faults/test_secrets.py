"""Keys that are planted wherever a key can be appear nowhere: no database, no file, no output, no error, no repr."""

import base64
import json
import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import pytest

from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.process import Order, Processed, Processor
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.errors import ConfigurationError
from resources.clients.library import look
from resources.database import open_database
from resources.llm import open_llm
from resources.settings import llm_settings, settings
from tests.fakes.answering import product_replies
from tests.fakes.scripted_server import Asked, ScriptedServer, Sent, completion, refusal
from tests.faults.conftest import VIDEO

KEY = "sk-planted-0123456789"
PASSWORD = "planted p@ss/word"
LOGIN = base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
SECRETS = (KEY, PASSWORD, quote(PASSWORD, safe=""), LOGIN)


def with_password(base_url: str) -> str:
    return base_url.replace("http://", f"http://ann:{quote(PASSWORD, safe='')}@")


def echoing(status: int) -> Callable[[Asked], Sent]:
    """Says again all that it was told, in the body, a header and the words of an error."""

    def respond(asked: Asked) -> Sent:
        told = f"{asked.headers.get('authorization')} {KEY}"
        body = completion(told) if status == 200 else refusal(f"Incorrect API key: {told}")
        return Sent(body, status, {"x-request": told})

    return respond


def processed(instance: dg.DagsterInstance) -> Processed:
    ingest(look([settings().library_dir]).files, open_database(), instance)
    return Processor(build_defs(), instance, open_database()).process(VIDEO, Order("manual"))


def everything_written(folder: Path) -> Iterator[tuple[str, str]]:
    """The text of every file, and every row of every table of every SQLite database, also what is compressed there."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        yield str(path), path.read_bytes().decode("utf-8", "replace")
        if path.read_bytes().startswith(b"SQLite format 3"):
            with sqlite3.connect(path) as connection:
                yield f"{path} (dump)", "\n".join(connection.iterdump())
                yield f"{path} (unpacked)", "\n".join(unpacked_texts(connection))
            connection.close()


def unpacked_texts(connection: sqlite3.Connection) -> Iterator[str]:
    """Of every compressed value of every table."""
    for (table,) in connection.execute("select name from sqlite_master where type = 'table'"):
        for row in connection.execute(f'select * from "{table}"'):
            for value in row:
                if isinstance(value, bytes):
                    with suppress(zlib.error):
                        yield zlib.decompress(value).decode()


def leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
def test_what_a_server_echoes_is_written_nowhere(
    speech: Path,
    instance: dg.DagsterInstance,
    use_server: Callable[..., None],
    own_world: Path,
    capfd: pytest.CaptureFixture[str],
    status: int,
) -> None:
    with ScriptedServer(echoing(status)) as server:
        use_server(server.base_url, API_KEY=KEY)
        done = processed(instance)
        assert server.asked
    assert done.failed is not None
    assert leaks(done.failed.message) == []
    written = [(name, leaks(text)) for name, text in everything_written(own_world / "data")]
    assert written
    assert [(Path(name).name, found) for name, found in written if found] == []
    out, err = capfd.readouterr()
    assert leaks(out + err) == []
    for run in instance.get_runs():
        assert leaks(repr(run.tags) + repr(run.run_config)) == []


def test_a_key_in_a_sound_reply_is_on_no_page(
    speech: Path,
    instance: dg.DagsterInstance,
    use_server: Callable[..., None],
    own_world: Path,
) -> None:
    def respond(asked: Asked) -> Sent:
        text = product_replies().text_for(json.loads(asked.body))
        return Sent(completion(text.replace('"title":"', f'"title":"{KEY} ')))

    with ScriptedServer(respond) as server:
        use_server(server.base_url, API_KEY=KEY)
        done = processed(instance)
    assert done.failed is None, done.failed
    assert [name for name, text in everything_written(own_world / "data") if leaks(text)] == []


def test_no_setting_shows_its_secret(use_server: Callable[..., None], own_world: Path) -> None:
    use_server(with_password("http://127.0.0.1:9/v1"), API_KEY=KEY)
    assert leaks(repr(llm_settings())) == []
    with pytest.raises(ConfigurationError) as refused:
        open_llm()
    assert leaks(str(refused.value) + repr(refused.value)) == []
    use_server("http://127.0.0.1:9/v1", API_KEY=KEY)
    assert leaks(repr(open_llm().caller.servers)) == []


def test_no_log_of_ours_or_of_the_packages_shows_a_secret(
    speech: Path,
    instance: dg.DagsterInstance,
    use_server: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        caplog.at_level(logging.DEBUG, "openai"),
        ScriptedServer(lambda asked: Sent(refusal("no"), 401)) as server,
    ):
        use_server(server.base_url, API_KEY=KEY)
        processed(instance)
    assert sorted({record.name for record in caplog.records if leaks(record.getMessage())}) == []


def test_an_address_that_is_none_is_told_without_its_password(
    speech: Path, instance: dg.DagsterInstance, use_server: Callable[..., None]
) -> None:
    for base_url in (
        "http://ann:planted/word@host/v1",
        "http://ann:planted@host:port/v1",
        "http:///v1",
    ):
        use_server(base_url, API_KEY=KEY)
        done = processed(instance)
        assert done.failed is not None
        assert "planted" not in done.failed.message
        assert "BASE_URL" in done.failed.message


def test_secrets_in_further_fields_of_a_request_are_sent_and_not_kept(
    speech: Path,
    instance: dg.DagsterInstance,
    use_server: Callable[..., None],
    own_world: Path,
) -> None:
    """Nor is our own key, where a model says it and is shown its words again."""

    def respond(asked: Asked) -> Sent:
        return Sent(completion(f"I was told {KEY}, and this is no JSON."))

    extra = {"user": PASSWORD, "headers": {"x-api-key": "hunter2"}, "effort": "low"}
    with ScriptedServer(respond) as server:
        use_server(server.base_url, API_KEY=KEY, EXTRA=json.dumps(extra))
        processed(instance)
        sent = [json.loads(asked.body) for asked in server.asked]
    assert {body["user"] for body in sent} == {PASSWORD}
    assert any(len(body["messages"]) > 2 for body in sent), "no model was shown its words again"
    texts = dict(everything_written(own_world / "data"))
    assert [name for name, text in texts.items() if leaks(text) or "hunter2" in text] == []
    kept = "".join(text for name, text in texts.items() if name.endswith("(unpacked)"))
    assert '"effort":"low"' in kept and "and this is no JSON" in kept
