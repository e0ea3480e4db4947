"""A restore where the data folder is a link or a mount point."""

from contextlib import closing
from pathlib import Path

import pytest

from ioc.cli import restore as module
from ioc.cli.backup import backup
from ioc.cli.restore import restore
from ioc.storage.backup import archive
from tests.cli.test_backup import context_in, fill_and_back_up, fill_data, stored_readings


def test_folder_that_a_link_names_is_replaced_where_it_is(tmp_path: Path) -> None:
    real, file = context_in(tmp_path, "disk/data"), tmp_path / "b.ioc"
    fill_data(real)
    assert backup(real, str(file)) == 0
    (tmp_path / "data").symlink_to("disk/data")
    (real.settings.data / "pdf/job-1.pdf").write_bytes(b"newer")
    assert restore(context_in(tmp_path), str(file), overwrite=True) == 0
    assert (tmp_path / "data").is_symlink() and not real.settings.data.is_symlink()
    assert (real.settings.data / "pdf/job-1.pdf").read_bytes() == b"%PDF-1"
    assert stored_readings(tmp_path / "data") == 100
    (replaced,) = (tmp_path / "disk").glob("data.before-*")
    assert (replaced / "pdf/job-1.pdf").read_bytes() == b"newer" and not list(tmp_path.glob("data.before-*"))


def test_folder_of_a_killed_restore_is_removed_by_the_next(tmp_path: Path) -> None:
    context, file = fill_and_back_up(tmp_path)
    left, other = tmp_path / ".data.restoring-abc", tmp_path / ".data.old"
    for folder in (left, other):
        folder.mkdir()
        (folder / "ioc.db").write_bytes(b"x")
    assert restore(context, str(file), overwrite=True) == 0
    assert not left.exists() and other.exists()


def test_mount_point_is_refused_before_anything_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    context, file = fill_and_back_up(tmp_path)
    monkeypatch.setattr(module, "_is_mount_point", lambda folder: folder == context.settings.data)
    monkeypatch.setattr(archive, "unpack", None)
    assert restore(context, str(file), overwrite=True) == 1
    output, data = capsys.readouterr().err, context.settings.data
    assert f"{data} is a mount point, which cannot be replaced" in output and f"set IOC_DATA={data}/data" in output
    monkeypatch.undo()
    assert restore(context_in(tmp_path, "data/data"), str(file)) == 0


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="the system does not list its mounts")
def test_mount_points_are_known(tmp_path: Path) -> None:
    assert module._is_mount_point(Path("/proc")) and module._is_mount_point(Path("/"))
    assert not module._is_mount_point(tmp_path) and not module._is_mount_point(Path("/proc/self"))


@pytest.mark.parametrize("name", ["sao lưu #3", "what? now", "a%20b", "d%41ta"])
def test_names_with_signs_of_an_address_are_names_like_others(tmp_path: Path, name: str) -> None:
    context, file = context_in(tmp_path, name), tmp_path / f"{name}.zip"
    fill_data(context)
    assert backup(context, str(file)) == 0
    other = context_in(tmp_path, f"{name} 2")
    assert restore(other, str(file)) == 0 and stored_readings(other.settings.data) == 100
    with closing(other.store()) as store:
        store.verify()
    assert {path.name for path in tmp_path.iterdir()} == {name, file.name, f"{name} 2"}
