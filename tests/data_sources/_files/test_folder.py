"""The watched folder: what is read when, and that nothing leads out of it."""

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import data_sources.spreadsheet as spreadsheet
from data_sources import _files
from data_sources._files import FILE_LIMIT
from data_sources._files.folder import scan_folder
from data_sources.spreadsheet import fetch
from ioc.domain.ingest.protocol import Payload, SourceError
from tests.data_sources.server import NOW, door, row

OPTIONS: dict[str, Any] = {"time": "Ngày", "columns": {"level": "Mức"}, "glob": "**/*.csv"}


def put(path: Path, text: str = "Ngày;Mức\n05/10/2026;1", age: float = 60) -> Path:
    """A file that last moved `age` seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (NOW.timestamp() - age, NOW.timestamp() - age))
    return path


async def look(folder: Path | str, way: Any, **options: Any) -> Payload:
    source = row(str(folder), {**OPTIONS, **options})
    return await fetch(source, way.to(source))


def names(payload: Payload) -> list[str]:
    return [one.address for one in payload.pages]


async def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    put(tmp_path / "a.csv")
    put(tmp_path / "2026" / "b.csv", age=90)
    async with door() as way:
        first = await look(tmp_path.as_uri(), way)
        assert names(first) == ["2026/b.csv", "a.csv"] and first.pages[0].media_type == "csv"
        assert (await look(tmp_path.as_uri(), way)).is_unchanged
        put(tmp_path / "a.csv", age=30)  # touched, but the same content
        assert (await look(tmp_path.as_uri(), way)).is_unchanged
        put(tmp_path / "a.csv", "Ngày;Mức\n06/10/2026;2", age=20)
        assert names(await look(tmp_path.as_uri(), way)) == ["a.csv"]


async def test_a_file_that_still_moves_waits(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", age=0.5)
    async with door() as way:
        assert (await look(tmp_path, way)).is_unchanged
        put(tmp_path / "a.csv", age=3)
        assert names(await look(tmp_path, way)) == ["a.csv"]


async def test_a_folder_whose_clock_is_ahead_brings_what_we_saw_at_rest(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", age=-86_400)
    times = iter([NOW, NOW + timedelta(seconds=30), NOW + timedelta(seconds=60)])
    async with door(clock=lambda: next(times)) as way:
        assert (await look(tmp_path, way, settle=40)).is_unchanged
        assert (await look(tmp_path, way, settle=40)).is_unchanged
        assert names(await look(tmp_path, way, settle=40)) == ["a.csv"]


async def test_a_file_that_was_touched_and_moves_is_not_taken_for_another(tmp_path: Path) -> None:
    put(tmp_path / "a.csv")
    async with door() as way:
        assert names(await look(tmp_path, way)) == ["a.csv"]
        put(tmp_path / "a.csv", age=0.5)
        assert (await look(tmp_path, way, settle=5)).is_unchanged
        put(tmp_path / "a.csv", age=30)
        assert (await look(tmp_path, way)).is_unchanged


async def test_files_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    put(tmp_path / "a.csv")
    put(tmp_path / "b.csv")
    async with door() as way:
        await look(tmp_path, way)
        (tmp_path / "a.csv").unlink()
        await look(tmp_path, way)
        assert list(way.context_for(row(str(tmp_path), OPTIONS)).memory) == ["b.csv"]


async def test_a_file_that_comes_to_rest_within_the_deadline_is_waited_for(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", age=0.5)
    times = iter([NOW, NOW + timedelta(seconds=0.1)])
    async with door(clock=lambda: next(times)) as way:
        assert names(await look(tmp_path, way, settle=0.55)) == ["a.csv"]


@pytest.mark.parametrize("name", ["~$a.csv", ".~lock.a.csv", "a.csv.tmp", "a.csv.part", ".hidden/a.csv"])
async def test_temporary_and_hidden_files_are_no_files(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    async with door() as way:
        with pytest.raises(SourceError, match="no file"):
            await look(tmp_path, way, glob="**/*")


async def test_links_lead_nowhere(tmp_path: Path) -> None:
    outside = put(tmp_path / "out" / "secret.csv")
    folder = tmp_path / "in"
    put(folder / "a.csv")
    (folder / "link.csv").symlink_to(outside)
    (folder / "dir").symlink_to(outside.parent, target_is_directory=True)
    async with door() as way:
        assert names(await look(folder, way)) == ["a.csv"]
        with pytest.raises(SourceError, match="no file"):
            await look(folder, way, glob="*/*.csv")


@pytest.mark.parametrize("address", ["/no/such/folder", "", "file:///no/such", "\0"])
async def test_a_folder_that_is_not_there(address: str) -> None:
    async with door() as way:
        with pytest.raises(SourceError, match="folder"):
            await look(address or "/no/such", way)


async def test_a_file_that_is_too_large_is_cut_and_told(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", "x" * (FILE_LIMIT + 10))
    async with door() as way:
        payload = await look(tmp_path, way)
        assert len(payload.pages[0].body) == FILE_LIMIT + 1
        with pytest.raises(SourceError, match="larger than 16 MiB"):
            spreadsheet.parse(row(options=OPTIONS), payload, NOW)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """A folder whose listing hangs until the event is set."""
    release, real = Event(), scan_folder

    def slow(*args: Any) -> Any:
        release.wait(5)
        return real(*args)

    monkeypatch.setattr(_files, "scan_folder", slow)
    yield release
    release.set()


async def test_a_folder_that_hangs_ends_at_the_deadline_and_loses_nothing(tmp_path: Path, hanging: Event) -> None:
    put(tmp_path / "a.csv")
    source = row(str(tmp_path), OPTIONS, deadline=timedelta(seconds=0.1))
    async with door() as way:
        with pytest.raises(SourceError, match=r"no answer within 0.1 s"):
            await fetch(source, way.context_for(source))
        hanging.set()
        assert names(await fetch(source, way.context_for(source))) == ["a.csv"]


async def test_cancelling_a_look_cancels_it(tmp_path: Path, hanging: Event) -> None:
    async with door() as way:
        task = asyncio.create_task(look(tmp_path, way))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
