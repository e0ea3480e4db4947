"""The exchange of the data folder by the restored one: it is done, or nothing has changed."""

import os
from collections.abc import Callable
from functools import partial
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


def test_the_old_folder_is_never_where_leftovers_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh, target, replaced = _folder(tmp_path / "fresh"), _folder(tmp_path / "target"), tmp_path / "replaced"
    is_kept = list[bool]()

    def step(made: Callable[..., object], *paths: Path) -> object:
        result = made(*paths)
        is_kept.append("target" in {_name(folder) for folder in (target, replaced) if folder.exists()})
        assert not fresh.exists() or _name(fresh) == "fresh"
        return result

    for module, name in ((os, "rename"), (atomic_swap, "_exchange")):
        monkeypatch.setattr(module, name, partial(step, getattr(module, name)))
    swap_directory(fresh, target, replaced)
    assert len(is_kept) >= 2 and all(is_kept)
