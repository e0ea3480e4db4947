"""A data folder on a disk that became read-only: every command names it, and none ends in a traceback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ioc.cli.backup import backup
from tests.cli.test_backup import context_in, fill_data
from tests.system.disk import make_read_only, small_disk
from tests.system.program import invoke

DISK_MEGABYTES = 64


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small disk with a data folder and a backup of it, mounted read-only."""
    place = tmp_path_factory.mktemp("readonly")
    with small_disk(place, DISK_MEGABYTES):
        context = context_in(place)
        fill_data(context)
        (context.settings.data / "secret").unlink()  # too simple to be accepted
        assert backup(context, str(place / "b.ioc")) == 0
        make_read_only(place)
        yield place


@pytest.mark.parametrize(
    "words",
    [
        ("run",), ("poll",), ("web",), ("work",), ("account", "list"), ("account", "add", "an", "viewer"),
        ("api-key", "list"), ("audit", "verify"), ("audit", "export"), ("repoll", "sim-press"),
        ("accept-schema", "sim-press"), ("backup", "{folder}/never.ioc"), ("restore", "{disk}/b.ioc", "--overwrite"),
        ("map", "undo"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_command_names_the_folder_that_it_cannot_write_to(
    disk: Path, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ioc.cli.processes.die_with_parent", lambda: None)
    result = invoke(disk / "data", *(word.format(disk=disk, folder=tmp_path) for word in words), "--lang", "en")
    assert result.returncode == 2 and str(disk / "data") in result.stderr, result
    assert "read-only" in result.stderr or "cannot be" in result.stderr, result.stderr
    assert not (tmp_path / "never.ioc").exists()


@pytest.mark.parametrize("words", [("check",), ("map",)], ids=" ".join)
def test_command_that_writes_nothing_works(disk: Path, words: tuple[str, ...]) -> None:
    result = invoke(disk / "data", *words, "--lang", "en")
    assert result.returncode in (0, 1) and "Traceback" not in result.stderr, result


def test_new_folder_on_it_is_named_too(disk: Path) -> None:
    result = invoke(disk / "new", "run", "--lang", "en")
    assert result.returncode == 2 and "cannot be created: the disk is read-only" in result.stderr, result
