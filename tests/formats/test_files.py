"""Files and folders are written whole or not at all, for their owner alone."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from safepassage.errors import OutputError
from safepassage.formats.files import write_atomically, write_folder


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def test_a_file_is_written_and_replaced_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "план.json"
    write_atomically(path, "перший")
    path.chmod(0o644)
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert _mode(path) == 0o600
    assert _names(tmp_path) == ["план.json"]


def test_a_very_long_name_still_finds_a_place_beside_it(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 250)
    write_atomically(path, "x")
    assert _names(tmp_path) == [path.name]


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write ends as on a full disk."""

    def fail(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(OutputError, match=r"plan\.json.*No space left.*free some space"):
        write_atomically(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert _names(tmp_path) == ["plan.json"]


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_old_folder(tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    folder.mkdir()
    (folder / "old.txt").write_text("old", encoding="utf-8")
    with pytest.raises(OutputError, match="No space left"):
        write_folder(folder, {"new.txt": "new"}, replace=True)
    assert _names(folder) == ["old.txt"]
    assert _names(tmp_path) == ["plan"]


def test_no_permission_and_no_folder_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutputError, match="its folder does not exist"):
        write_atomically(tmp_path / "missing" / "plan.json", "x")
    with pytest.raises(OutputError, match="its folder does not exist"):
        write_folder(tmp_path / "missing" / "plan", {"a": "x"})

    def refuse(*_arguments: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OutputError, match="no permission"):
        write_atomically(tmp_path / "plan.json", "x")
    assert _names(tmp_path) == []


def test_a_folder_is_written_with_what_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    write_folder(folder, {"plan.json": b"{}", "tables/waves.csv": "wave\n", "absent.csv": None})
    assert sorted(str(item.relative_to(folder)) for item in folder.rglob("*")) == [
        "plan.json", "tables", "tables/waves.csv",
    ]  # fmt: skip
    assert [_mode(item) for item in (folder, folder / "tables", folder / "plan.json")] == [
        0o700,
        0o700,
        0o600,
    ]
    assert _names(tmp_path) == ["plan"]


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    write_folder(tmp_path / "plan", {"plan.json": "{}"})
    assert _names(tmp_path / "plan") == ["plan.json"]


def test_a_folder_that_holds_files_is_replaced_only_on_demand(tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    write_folder(folder, {"a": "1", "b": "1", "c": "1"})
    with pytest.raises(OutputError, match="holds files"):
        write_folder(folder, {"a": "2"})
    write_folder(folder, {"a": "2", "b": None}, replace=True)
    assert {name: (folder / name).read_text(encoding="utf-8") for name in _names(folder)} == {
        "a": "2",
        "c": "1",
    }
    assert _names(tmp_path) == ["plan"]


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError, match="is no folder"):
        write_folder(tmp_path / "plan", {"a": "1"}, replace=True)
    assert (tmp_path / "plan").read_text(encoding="utf-8") == "a file"


@pytest.mark.parametrize("interrupted_at", [1, 2])
def test_an_interruption_between_the_renames_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted_at: int
) -> None:
    folder = tmp_path / "plan"
    write_folder(folder, {"a": "old"})
    rename, calls = Path.rename, []

    def interrupted(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == interrupted_at:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_folder(folder, {"a": "new"}, replace=True)
    assert (folder / "a").read_text(encoding="utf-8") == "old"
    assert _names(tmp_path) == ["plan"]


def test_an_interruption_while_a_file_is_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "plan.json", "x")
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "plan", {"a": "x"})
    assert _names(tmp_path) == []
