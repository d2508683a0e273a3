"""A finished window is all there, or not there."""

from pathlib import Path

import pytest

from resources.clients.speech.window_store import WindowFolder


def test_what_was_put_is_got(tmp_path: Path) -> None:
    store = WindowFolder(tmp_path / "not" / "there yet")
    assert store.get("abc") is None
    store.put("abc", "{}")
    store.put("abc", '{"text": "é"}')
    assert store.get("abc") == '{"text": "é"}'
    assert store.get("other") is None


def test_a_kill_while_writing_leaves_nothing_to_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = WindowFolder(tmp_path)

    def killed(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        store.put("abc", "{}")
    assert store.get("abc") is None


def test_a_file_of_nonsense_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "abc.json").write_bytes(b"\xff\xfe\x00")
    assert WindowFolder(tmp_path).get("abc") is None
