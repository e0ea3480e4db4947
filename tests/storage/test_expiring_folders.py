"""What people send is kept for a time, and removed by the worker also when nobody sends anything any more."""

import os
from pathlib import Path

import pytest

from ioc.storage.expiring_folders import MAX_AGE_SECONDS, ExpiringFolders, forget_old


@pytest.mark.parametrize("name", ["files", "sheets"])
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_too_old_is_removed_without_another_one(tmp_path: Path, name: str, sign: int) -> None:
    """Also what a process that was killed has left half written, and after the clock was set back."""
    age, now = MAX_AGE_SECONDS[name], 1e9
    folders = ExpiringFolders(tmp_path / name, lambda: now, age, 9)
    token = folders.keep("an", lambda folder: (folder / "x").write_text("x"))
    half, other = tmp_path / name / ".half", tmp_path / name / "mappings"
    for each in (half, other):
        each.mkdir()
        os.utime(each, (now, now))
    forget_old(tmp_path, now + sign * (age - 1))
    assert folders.find("an", token) and half.is_dir()
    forget_old(tmp_path, now + sign * age)
    assert folders.find("an", token) is None and list((tmp_path / name).iterdir()) == [other]


def test_folder_is_its_owners_alone_and_whole_or_not_there(tmp_path: Path) -> None:
    folders = ExpiringFolders(tmp_path / "a", lambda: 1e9, 10.0, 2)
    tokens = [folders.keep("an", lambda folder: (folder / "x").write_text("x")) for _ in range(3)]
    assert sum(folders.find("an", token) is not None for token in tokens) == 2
    assert not any(folders.find("binh", token) for token in tokens)

    def fail(folder: Path) -> None:
        (folder / "x").write_text("x")
        raise ValueError

    with pytest.raises(ValueError):
        folders.keep("an", fail)
    assert len(list((tmp_path / "a").iterdir())) == 2
