"""A private PostgreSQL for one test session: found on the machine, started on a free port, gone afterwards."""

import itertools
import os
import pwd
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

USER = "chrysopedia"


@dataclass
class Cluster:
    url: URL
    _bin: Path
    _data: Path
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def new_database(self, like: URL | None = None) -> URL:
        """Empty, or with all that is in another one, which was shut."""
        name = f"test_{next(self._numbers)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {like.database if like else 'template1'}")
        return self.url.set(drivername="postgresql", database=name)

    def shut(self, url: URL) -> None:
        """Nobody is connected to it any more, nor ever will be."""
        self._do(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")
        self._do(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{url.database}'"
        )

    def _do(self, statement: str) -> None:
        admin = sa.create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with admin.connect() as connection:
                connection.execute(sa.text(statement))
        finally:
            admin.dispose()

    def stop(self) -> None:
        _run(self._bin / "pg_ctl", "-D", self._data, "-m", "immediate", "stop")


def start_cluster(folder: Path) -> Cluster | None:
    """None where the machine has no PostgreSQL server programs."""
    programs = _programs()
    if programs is None:
        return None
    data = folder / "data"
    data.mkdir()
    if owner := _unprivileged_user():
        shutil.chown(folder, owner)
        shutil.chown(data, owner)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _run(programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    )
    _run(programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    url = URL.create("postgresql+psycopg", USER, host="127.0.0.1", port=port, database="postgres")
    return Cluster(url, programs, data)


def _programs() -> Path | None:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; its Debian package brings the user `postgres`."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(program: Path, *arguments: object) -> None:
    user = _unprivileged_user()
    command = [str(program), *(str(argument) for argument in arguments)]
    done = subprocess.run(
        command,
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the server inherits a pipe and would keep it open
        stderr=subprocess.PIPE if program.name == "initdb" else subprocess.DEVNULL,
        text=True,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
