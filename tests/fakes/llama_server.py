"""llama.cpp's own server with the tiny random model behind it: an OpenAI-compatible service that is not of our making.

What belongs here is starting and stopping it. It runs in a process of its own, so that a crash or a hang of native
code ends one test with a message and not the whole run.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MODEL_NAME = "tiny-random"

_PATIENCE_SECONDS = 60.0
_OUTPUT_LINES = 30


class ServerDidNotStart(Exception):
    """The server ended or stayed silent; the message carries the last of its output."""


@dataclass(frozen=True)
class ServerOptions:
    context: int = 16384
    """Tokens for prompt and reply together, for each of the parallel requests."""
    parallel: int = 8
    api_key: str = ""
    """Empty: the server asks for none."""


@contextmanager
def llama_server(model: Path, options: ServerOptions | None = None) -> Iterator[str]:
    """The base URL, `http://127.0.0.1:<port>/v1`, of a server that is up until the block ends."""
    with tempfile.TemporaryDirectory(prefix="llama-server-") as name:
        folder = Path(name)
        with (folder / "output").open("wb") as output:
            process = _launch(model, options or ServerOptions(), folder, output.fileno())
        with process:
            try:
                yield _wait_until_up(process, folder)
            finally:
                process.kill()


def _launch(
    model: Path, options: ServerOptions, folder: Path, output: int
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [
            sys.executable,
            __file__,
            str(model),
            str(folder / "address"),
            str(options.context),
            str(options.parallel),
            options.api_key,
        ],
        stdin=subprocess.PIPE,  # closes when this process ends, however it ends
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def _wait_until_up(process: "subprocess.Popen[bytes]", folder: Path) -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerDidNotStart(f"ended with {process.returncode}:\n{_last_output(folder)}")
        address = folder / "address"
        if address.exists() and _answers(base_url := f"{address.read_text()}/v1"):
            return base_url
        time.sleep(0.02)
    raise ServerDidNotStart(f"silent for {_PATIENCE_SECONDS:g} s:\n{_last_output(folder)}")


def _answers(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/models", timeout=5):
            return True
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return refusal.code == 401  # it is up and asks for its key
    except OSError:
        return False


def _last_output(folder: Path) -> str:
    lines = (folder / "output").read_text(errors="replace").splitlines()
    return "\n".join(lines[-_OUTPUT_LINES:])


def _serve(model: str, address: Path, context: int, parallel: int, api_key: str) -> None:
    """The server's own process: serves until nobody holds the other end of its standard input."""
    import xllamacpp  # type: ignore[import-untyped]  # only here: reading this file needs no native code

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {MODEL_NAME}
    params.n_ctx = context * parallel
    params.n_parallel = parallel
    params.cpuparams.n_threads = 1  # more threads only wait for each other on so small a model
    params.cpuparams_batch.n_threads = 1
    params.ui = False
    params.api_keys = [api_key] if api_key else []
    server = xllamacpp.Server(params)
    unfinished = address.with_suffix(".new")
    unfinished.write_text(server.listening_address)
    unfinished.rename(address)
    sys.stdin.buffer.read()
    os._exit(0)  # waits for no request under way


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
