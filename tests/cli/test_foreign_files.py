"""Links, FIFOs and folders in the data folder where files are expected: a sentence, and neither a wait nor a loss."""

import os
from pathlib import Path

import pytest

from ioc.cli.backup import backup
from ioc.cli.context import Context
from ioc.storage.db.data_dir_lock import DATA_LOCK
from tests.cli.test_backup import context_in, fill_data
from tests.system.program import invoke


@pytest.fixture
def context(tmp_path: Path) -> Context:
    context = context_in(tmp_path)
    fill_data(context)
    return context


@pytest.mark.parametrize("words", [("run",), ("poll",), ("web",), ("work",), ("restore", "b.zip")], ids=" ".join)
@pytest.mark.parametrize("is_folder", [True, False])
def test_nothing_begins_without_the_lock_of_the_folder(
    tmp_path: Path, words: tuple[str, ...], is_folder: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ioc.cli.processes.die_with_parent", lambda: None)
    lock = tmp_path / "data" / DATA_LOCK
    lock.parent.mkdir(0o700)
    lock.mkdir() if is_folder else lock.symlink_to(tmp_path / "nowhere" / "x")
    result = invoke(tmp_path / "data", *words, "--lang", "en")
    assert result.returncode == 1 and f"{lock} cannot be opened" in result.stderr, result
    assert not list(lock.parent.glob("ioc.db*"))


def test_secret_that_is_a_fifo_is_told(context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = context.settings.data / "secret"
    secret.unlink()
    os.mkfifo(secret, 0o600)
    assert invoke(secret.parent, "web", "--lang", "en").returncode == 2
    assert backup(context, str(tmp_path / "b.zip"), with_secret=True) == 0
    assert "IOC_SECRET" in capsys.readouterr().out, "it is not in the backup"


@pytest.mark.parametrize("name", ["pdf", "map", "evidence"])
def test_folder_that_is_a_link_is_not_backed_up(
    context: Context, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = context.settings.data / name
    if folder.exists():
        folder.rename(tmp_path / name)
    (tmp_path / name).mkdir(exist_ok=True)
    folder.symlink_to(tmp_path / name)
    assert backup(context, str(tmp_path / "b.zip")) == 1
    assert str(folder) in capsys.readouterr().err and not (tmp_path / "b.zip").exists()


def test_map_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "map").write_text("x")
    result = invoke(tmp_path, "check", "--lang", "en")
    assert result.returncode == 2 and "map: " in result.stderr and "not a directory" in result.stderr, result
