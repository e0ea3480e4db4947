"""A command whose output nobody reads ends without a traceback and with its own exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ioc.cli import main as app
from ioc.cli.unread_output import unread_output_ignored
from tests.cli.test_backup import context_in, fill_data


def run_unread(folder: Path, *words: str, **environment: str) -> tuple[int, str]:
    """Exit code and errors of a command whose standard output is a pipe without a reader."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "app.py", *words, "--lang", "en"], cwd=app.ROOT, stdout=writer, stderr=subprocess.PIPE,
            text=True, check=False, env=os.environ | {"IOC_DATA": str(folder), **environment},
        )  # fmt: skip
    finally:
        os.close(writer)
    return done.returncode, done.stderr


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a store."""
    context = context_in(tmp_path)
    fill_data(context)
    return context.settings.data


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_backup_that_nobody_reads_of_is_made_and_ends_quietly(data: Path, tmp_path: Path, unbuffered: str) -> None:
    assert run_unread(data, "backup", str(tmp_path / "b.ioc"), PYTHONUNBUFFERED=unbuffered) == (0, "")
    assert (tmp_path / "b.ioc").is_file()


def test_help_that_nobody_reads_ends_quietly(data: Path) -> None:
    assert run_unread(data, "--help") == (0, "")


def test_closed_output_is_no_failure(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "app.py", "backup", str(tmp_path / "b.ioc")]
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *command], cwd=app.ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"IOC_DATA": str(data)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["write", "writelines"])
def test_whatever_way_of_writing_may_be_unread(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", buffering=1) as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        with unread_output_ignored():
            getattr(sys.stdout, name)("line\n")


def test_another_broken_pipe_is_not_hidden() -> None:
    with pytest.raises(BrokenPipeError), unread_output_ignored():
        raise BrokenPipeError
