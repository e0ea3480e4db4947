"""A command whose output nobody reads, or that cannot be written, ends without a traceback, and tells the latter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ioc.cli import main as app
from ioc.cli.check import schema
from ioc.cli.unwritten_output import unwritten_output_ignored
from simulator.free_ports import free_port
from tests.cli.test_backup import context_in, fill_data
from tests.system.disk import fill, small_disk


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


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_output_is_no_failure(data: Path, tmp_path: Path, closed: str) -> None:
    command = [sys.executable, "app.py", "backup", str(tmp_path / "b.ioc")]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *command], cwd=app.ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"IOC_DATA": str(data)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "") and (tmp_path / "b.ioc").is_file()


def test_quoted_text_moves_no_cursor_of_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with unwritten_output_ignored():
        sys.stdout.write("k\x1b[2J\u202ey: ố\n\tb\n")
        sys.stderr.write("k\x1b[2J\n")
    assert capsys.readouterr() == ("k\ufffd[2J\ufffdy: ố\n\tb\n", "k\ufffd[2J\n")


@pytest.mark.parametrize("name", ["write", "writelines"])
def test_whatever_way_of_writing_may_be_unread(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", buffering=1) as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        with unwritten_output_ignored():
            getattr(sys.stdout, name)("line\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "words",
    ["account add hai viewer", "audit verify", "api-key add k api", "schema {}/s", "check", "backup {}/b"],
)
def test_output_on_a_full_disk_has_an_exit_code_of_its_own(
    data: Path, tmp_path: Path, words: str, unbuffered: str
) -> None:
    command = [sys.executable, "app.py", *words.format(tmp_path).split(), "--lang", "en"]
    environment = os.environ | {"IOC_DATA": str(data), "PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        told, untold = (
            subprocess.run(command, cwd=app.ROOT, stdout=full, stderr=errors, text=True, check=False, env=environment)
            for errors in (subprocess.PIPE, full)
        )
    assert told.returncode == 3
    line = told.stderr.splitlines()[-1]
    assert "the command is done" in line and "disk is full" in line and "Traceback" not in told.stderr
    assert untold.returncode in (1, 3)  # 1: there is such an account, key or file since the first time
    assert (tmp_path / "b").is_file() is ("backup" in words)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_errors_on_a_full_disk_leave_the_exit_code(data: Path, unbuffered: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "app.py", "account", "list", "too", "many"], cwd=app.ROOT, stderr=full, check=False,
            env=os.environ | {"IOC_DATA": str(data), "PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert done.returncode == 2


def test_errors_are_written_again_once_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path, 1), open(tmp_path / "errors", "w", buffering=1) as errors:
        monkeypatch.setattr(sys, "stderr", errors)
        fill(tmp_path / "filling")
        with unwritten_output_ignored():
            sys.stderr.write("lost\n")
            (tmp_path / "filling").unlink()
            sys.stderr.write("written\n")
        assert (tmp_path / "errors").read_text() == "written\n"


def test_run_starts_with_its_output_on_a_full_disk_and_says_where_passwords_come_from(tmp_path: Path) -> None:
    program = (
        "import sys; from ioc.cli import main, supervisor\n"
        "supervisor.Supervisor.run = lambda _: sys.stderr.write('started\\n')\n"
        "sys.exit(main.main(['run', '--lang', 'en']))"
    )
    environment = os.environ | {"IOC_DATA": str(tmp_path), "PORT": str(free_port())}
    errors = list[str]()
    for _ in range(2):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [sys.executable, "-c", program], cwd=app.ROOT, stdout=full, stderr=subprocess.PIPE, text=True,
                check=False, env=environment,
            )  # fmt: skip
        assert done.returncode == 0, done.stderr
        errors.append(done.stderr)
    assert "account reset NAME" in errors[0] and errors[0].endswith("started\n")
    assert errors[1] == "started\n"  # no account was made


def test_schemas_that_do_not_fit_the_disk_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with small_disk(tmp_path, 1):
        fill(tmp_path / "filling")
        assert schema(context_in(tmp_path), str(tmp_path / "schemas")) == 1
        assert schema(context_in(tmp_path), str(tmp_path / "filling")) == 1
    full, no_folder = capsys.readouterr().err.splitlines()
    assert "cannot be written: the disk is full" in full and "filling cannot be written: " in no_folder


def test_another_broken_pipe_is_not_hidden() -> None:
    with pytest.raises(BrokenPipeError), unwritten_output_ignored():
        raise BrokenPipeError
