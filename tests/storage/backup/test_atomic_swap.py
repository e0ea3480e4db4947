"""The exchange of the data folder by the restored one: it is done, or nothing has changed."""

from pathlib import Path

import pytest

from ioc.storage.backup import atomic_swap
from ioc.storage.backup.atomic_swap import swap_directory


def _folder(path: Path) -> Path:
    path.mkdir()
    (path / "name").write_text(path.name)
    return path


def _name(folder: Path) -> str:
    return (folder / "name").read_text()


@pytest.fixture(params=[True, False], ids=["exchange", "renames"], autouse=True)
def kind_of_swap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also as on a file system that cannot exchange two names."""
    if not request.param:
        monkeypatch.setattr(atomic_swap, "_exchange", lambda one, other: False)


def test_folders_are_swapped(tmp_path: Path) -> None:
    fresh, target = _folder(tmp_path / "fresh"), _folder(tmp_path / "target")
    swap_directory(fresh, target, tmp_path / "replaced")
    assert (_name(target), _name(tmp_path / "replaced"), fresh.exists()) == ("fresh", "target", False)


def test_the_swap_is_on_the_disk_once_it_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = list[tuple[Path, str]]()
    fresh, target = _folder(tmp_path / "fresh"), _folder(tmp_path / "target")
    monkeypatch.setattr(atomic_swap, "sync", lambda path: synced.append((path, _name(target))))
    swap_directory(fresh, target, tmp_path / "replaced")
    assert synced == [(tmp_path, "fresh")]


def test_nothing_changes_where_the_name_for_the_old_folder_is_taken(tmp_path: Path) -> None:
    fresh, target, taken = (_folder(tmp_path / name) for name in ("fresh", "target", "taken"))
    with pytest.raises(OSError, match="taken"):
        swap_directory(fresh, target, taken)
    assert [_name(folder) for folder in (fresh, target, taken)] == ["fresh", "target", "taken"]
