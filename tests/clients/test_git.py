"""The commit of a file, where there is one: a real git."""

import subprocess
from pathlib import Path

import pytest

from resources.clients.git import last_commit


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "synthesis").mkdir()
    (tmp_path / "synthesis" / "user.md").write_text("one")
    (tmp_path / "taxonomy.toml").write_text("one")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "more")
    return git(folder, "log", "-1", "--format=%h")


def test_a_folder_or_file_has_the_newest_commit_that_changed_it(repository: Path) -> None:
    first = last_commit(repository / "synthesis")
    assert (
        first
        == last_commit(repository / "taxonomy.toml")
        == git(repository, "log", "-1", "--format=%h")
    )
    (repository / "synthesis" / "user.md").write_text("two")
    second = commit(repository)
    assert last_commit(repository / "synthesis") == second != first
    assert last_commit(repository / "taxonomy.toml") == first


def test_what_was_edited_since_is_in_no_commit(repository: Path) -> None:
    (repository / "synthesis" / "user.md").write_text("two")
    assert last_commit(repository / "synthesis") is None
    assert last_commit(repository / "taxonomy.toml") is not None


def test_without_a_repository_or_a_folder_there_is_none(tmp_path: Path) -> None:
    assert last_commit(tmp_path) is None
    assert last_commit(tmp_path / "gone" / "file") is None
