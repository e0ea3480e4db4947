"""A damaged backup is an error with a sentence wherever backups are read; a restore that is stopped leaves nothing."""

import os
import signal
import struct
import zipfile
from pathlib import Path

import pytest

from ioc.cli.context import Context
from ioc.cli.restore import restore
from ioc.storage.backup import atomic_swap, online, store_traces
from tests.cli.test_backup import fill_and_back_up, stored_readings


def with_damaged_stream(file: Path) -> Path:
    """A copy of the backup `file` in which the compressed bytes of the manifest are not deflate."""
    with zipfile.ZipFile(file) as archive_file:
        at = archive_file.getinfo("manifest.json").header_offset
    body = bytearray(file.read_bytes())
    body[at + 30 + sum(struct.unpack_from("<HH", body, at + 26))] = 0x07  # a type of block that does not exist
    out = file.with_name("changed.ioc")
    out.write_bytes(body)
    return out


def test_damaged_stream_is_an_error_for_restore_and_no_trace_of_a_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context, file = fill_and_back_up(tmp_path)
    bad = with_damaged_stream(file)
    assert restore(context, str(bad), overwrite=True) == 1 and stored_readings(context.settings.data) == 100
    assert str(bad) in capsys.readouterr().err
    data, settings = context.settings.data, context.settings
    # run, poll and account list look for backups beside a store that is not there.
    assert store_traces.trace_of_store(data, settings.database_url, settings.profile) == file
    file.unlink()
    assert store_traces.trace_of_store(data, settings.database_url, settings.profile) is None


def test_sigterm_leaves_nothing_beside_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, file = fill_and_back_up(tmp_path)
    before, handler = sorted(tmp_path.iterdir()), signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as patched:
        patched.setattr(online, "check_integrity", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        with pytest.raises(SystemExit) as caught:
            restore(context, str(file), overwrite=True)
    assert caught.value.code == 143 and sorted(tmp_path.iterdir()) == before
    assert signal.getsignal(signal.SIGTERM) is handler and stored_readings(context.settings.data) == 100


def restore_and_stop(context: Context, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Restores `file`; SIGTERM comes while the folders are exchanged, and the process ends by it."""
    exchange = atomic_swap._exchange

    def exchange_and_stop(one: Path, other: Path) -> bool:
        is_done = exchange(one, other)
        os.kill(os.getpid(), signal.SIGTERM)
        return is_done

    with monkeypatch.context() as patched:
        patched.setattr(atomic_swap, "_exchange", exchange_and_stop)
        with pytest.raises(SystemExit) as caught:
            restore(context, str(file), overwrite=True)
    assert caught.value.code == 143


def test_sigterm_waits_until_both_folders_are_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    context, file = fill_and_back_up(tmp_path)
    restore_and_stop(context, file, monkeypatch)
    (replaced,) = tmp_path.glob(f"{context.settings.data.name}.before-*")
    assert stored_readings(context.settings.data) == stored_readings(replaced) == 100
    assert str(replaced) in capsys.readouterr().out, "where the old folder is was said before the end"
