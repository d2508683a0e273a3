"""`site build` and `site serve`: the files, what is told, and a real server in front of them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.library import put_vtt

CHRYSOPEDIA = Path(sys.executable).with_name("chrysopedia")


@pytest.fixture
def video(own_world: Path, chrysopedia: Command) -> str:
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    (own_world / "library" / "Ann" / "Kick.mp4").write_bytes(bytes(range(256)))
    chrysopedia("ingest")
    assert chrysopedia("process").code == 0
    return "ann--kick"


def test_it_builds_where_it_is_told_and_says_what_it_did(
    chrysopedia: Command, video: str, own_world: Path
) -> None:
    out = own_world / "published"
    done = chrysopedia("site", "build", "--out", out, "--json").json
    assert done["out"] == str(out) and done["videos"] == 1 and done["written"] == done["files"]
    shown = chrysopedia("site", "build", "--out", out).out
    assert "0 files written, 0 removed" in shown and "search as it was" in shown
    assert str(out / "index.html") in shown
    assert (out / "media" / f"{video}.mp4").readlink() == own_world / "library" / "Ann" / "Kick.mp4"


def test_no_path_of_this_machine_is_in_any_file(
    chrysopedia: Command, video: str, own_world: Path
) -> None:
    out = own_world / "published"
    chrysopedia("site", "build", "--out", out)
    files = [path for path in out.rglob("*") if path.is_file() and "media" not in path.parts]
    assert len(files) > 20
    assert not [path for path in files if str(own_world).encode() in path.read_bytes()]


def test_without_files_to_play_there_are_no_links_to_them(
    chrysopedia: Command, video: str, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = own_world / "published"
    chrysopedia("site", "build", "--out", out)
    monkeypatch.setenv("CHRYSOPEDIA_SITE_MEDIA", "none")
    chrysopedia("site", "build", "--out", out)
    assert list((out / "media").iterdir()) == []
    assert "media/" not in (out / "videos" / f"{video}.html").read_text()
    monkeypatch.setenv("CHRYSOPEDIA_SITE_MEDIA", "copy")
    ended = chrysopedia("site", "build", "--out", out)
    assert ended.code == 2 and "CHRYSOPEDIA_SITE_MEDIA is 'copy'" in ended.told


def test_an_empty_library_says_what_comes_next(chrysopedia: Command, own_world: Path) -> None:
    assert "Next: chrysopedia process" in chrysopedia("site", "build").out


def test_a_folder_that_is_no_site_is_refused(
    chrysopedia: Command, video: str, own_world: Path
) -> None:
    ended = chrysopedia("site", "build", "--out", own_world / "library")
    assert ended.code == 2 and "no site of ours: Ann" in ended.told


def test_pagefind_that_does_not_run_leaves_a_site_to_read_and_the_next_build_indexes_it(
    chrysopedia: Command, video: str, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("site", "build")
    site = own_world / "data" / "site"
    page = next((site / "pages").iterdir())
    page.unlink()
    broken = own_world / "pagefind"
    broken.write_text("#!/bin/sh\necho no such luck >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PAGEFIND_BINARY_PATH", str(broken))
    ended = chrysopedia("site", "build")
    assert ended.code == 2 and "no such luck" in ended.told
    assert page.is_file()
    monkeypatch.delenv("PAGEFIND_BINARY_PATH")
    assert "search made anew" in chrysopedia("site", "build").out
    assert "search as it was" in chrysopedia("site", "build").out


@contextmanager
def serving(own_world: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [CHRYSOPEDIA, "site", "serve", "--port", str(port)],
        env=os.environ.copy(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        assert any(f"http://127.0.0.1:{port}" in line for line in server.stdout)
        address = f"http://127.0.0.1:{port}"
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)
        if server.stdout:
            server.stdout.close()


def get(url: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})  # fmt: skip
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


def test_a_server_gives_pages_parts_of_videos_and_nothing_of_the_rest_of_the_disk(
    chrysopedia: Command, video: str, own_world: Path
) -> None:
    with serving(own_world) as address:
        status, page, headers = get(f"{address}/")
        assert status == 200 and b"<h1" in page
        assert headers["x-content-type-options"] == "nosniff"
        status, part, headers = get(f"{address}/media/{video}.mp4", Range="bytes=100-103")
        assert (status, part) == (206, bytes([100, 101, 102, 103]))
        assert get(f"{address}/videos/nobody.html")[0] == 404
        assert b"There is no page here" in get(f"{address}/videos/nobody.html")[1]
        for hidden in (".chrysopedia-site.json", "%2e%2e/chrysopedia.sqlite", "media/../.chrysopedia-site.json"):  # fmt: skip
            assert get(f"{address}/{hidden}")[0] == 404, hidden


@pytest.mark.parametrize("command", [("ui",), ("site", "serve")])
def test_a_port_that_no_machine_has_is_refused(
    chrysopedia: Command, command: tuple[str, ...]
) -> None:
    ended = chrysopedia(*command, "--port", 65536)
    assert ended.code == 2
    assert "65535" in ended.told


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_that_is_taken_is_told_before_anything_is_written(
    chrysopedia: Command, own_world: Path, host: str
) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        try:
            taken.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        taken.listen()
        port = taken.getsockname()[1]
        ended = chrysopedia("site", "serve", "--host", host, "--port", port)
    assert ended.code == 2 and "Address already in use" in ended.told
    assert not (own_world / "data" / "site").exists()
