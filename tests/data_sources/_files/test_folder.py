"""The watched folder: which files are read when, and that no link leads out of it."""

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import pytest

import data_sources.spreadsheet as spreadsheet
from data_sources import _files
from data_sources._files import FILE_LIMIT
from data_sources._files import folder as folder_module
from data_sources._files.change_tracker import WatchSpec
from data_sources._files.errors import FilesCode
from data_sources._files.folder import scan_folder
from data_sources._http.errors import HttpCode
from data_sources._http.factory import HttpClientFactory
from data_sources.spreadsheet import fetch
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, SourceError
from tests.data_sources.failures import raises_failure
from tests.data_sources.server import NOW, client_factory, row

OPTIONS: dict[str, Any] = {"time": "Ngày", "columns": {"level": "Mức"}, "glob": "**/*.csv", "file_name": "*"}


def put(path: Path, text: str = "Ngày;Mức\n05/10/2026;1", age: float = 60) -> Path:
    """Write a file that changed `age` seconds before NOW."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (NOW.timestamp() - age, NOW.timestamp() - age))
    return path


async def poll(folder: Path | str, factory: HttpClientFactory, **options: Any) -> Payload:
    source = row(str(folder), {**OPTIONS, **options})
    return await fetch(source, factory.context_for(source))


async def failure_of(folder: Path | str, factory: HttpClientFactory, **options: Any) -> Failure:
    with pytest.raises(SourceError) as caught:
        await poll(folder, factory, **options)
    return caught.value.failure


def names(payload: Payload) -> list[str]:
    return [page.address for page in payload.pages]


async def test_only_changed_files_are_read_again(tmp_path: Path) -> None:
    put(tmp_path / "a.csv")
    put(tmp_path / "2026" / "b.csv", age=90)
    async with client_factory() as factory:
        first = await poll(tmp_path.as_uri(), factory)
        assert names(first) == ["2026/b.csv", "a.csv"] and first.pages[0].media_type == "csv"
        assert (await poll(tmp_path.as_uri(), factory)).is_unchanged
        put(tmp_path / "a.csv", age=30)  # touched, but the same content
        assert (await poll(tmp_path.as_uri(), factory)).is_unchanged
        put(tmp_path / "a.csv", "Ngày;Mức\n06/10/2026;2", age=20)
        assert names(await poll(tmp_path.as_uri(), factory)) == ["a.csv"]


async def test_file_that_still_changes_is_not_read_yet(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", age=0.5)
    async with client_factory() as factory:
        assert (await poll(tmp_path, factory)).is_unchanged
        put(tmp_path / "a.csv", age=3)
        assert names(await poll(tmp_path, factory)) == ["a.csv"]


async def test_file_with_a_time_in_the_future_is_read_once_it_is_unchanged(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", age=-86_400)
    times = iter([NOW, NOW + timedelta(seconds=30), NOW + timedelta(seconds=60)])
    async with client_factory(clock=lambda: next(times)) as factory:
        assert (await poll(tmp_path, factory, settle=40)).is_unchanged
        assert (await poll(tmp_path, factory, settle=40)).is_unchanged
        assert names(await poll(tmp_path, factory, settle=40)) == ["a.csv"]


async def test_touched_file_with_the_same_content_is_not_read_again(tmp_path: Path) -> None:
    put(tmp_path / "a.csv")
    async with client_factory() as factory:
        assert names(await poll(tmp_path, factory)) == ["a.csv"]
        put(tmp_path / "a.csv", age=0.5)
        assert (await poll(tmp_path, factory, settle=5)).is_unchanged
        put(tmp_path / "a.csv", age=30)
        assert (await poll(tmp_path, factory)).is_unchanged


async def test_deleted_files_are_forgotten(tmp_path: Path) -> None:
    put(tmp_path / "a.csv")
    put(tmp_path / "b.csv")
    async with client_factory() as factory:
        await poll(tmp_path, factory)
        (tmp_path / "a.csv").unlink()
        await poll(tmp_path, factory)
        assert list(factory.context_for(row(str(tmp_path), OPTIONS)).memory) == ["b.csv"]


async def test_file_that_settles_within_the_deadline_is_waited_for(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", age=0.5)
    times = iter([NOW, NOW + timedelta(seconds=0.1)])
    async with client_factory(clock=lambda: next(times)) as factory:
        assert names(await poll(tmp_path, factory, settle=0.55)) == ["a.csv"]


@pytest.mark.parametrize("name", ["~$a.csv", ".~lock.a.csv", "a.csv.tmp", "a.csv.part", ".hidden/a.csv"])
async def test_temporary_and_hidden_files_are_ignored(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    async with client_factory() as factory:
        assert (await poll(tmp_path, factory, glob="**/*")).is_unchanged
    put(tmp_path / "b.txt")
    async with client_factory() as factory:
        assert await failure_of(tmp_path, factory, glob="**/*.csv") == Failure(FilesCode.NO_FILE, {"glob": "**/*.csv"})


async def test_folder_without_files_waits_for_its_first_and_one_with_other_files_fails(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    async with client_factory() as factory:
        waiting = await poll(tmp_path, factory, glob="*.csv")
        assert (waiting.pages, waiting.is_unchanged) == ((), True)
        put(tmp_path / "inner" / "a.csv")
        assert (await failure_of(tmp_path, factory, glob="*.csv")).code == FilesCode.NO_FILE


async def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = put(tmp_path / "out" / "secret.csv")
    folder = tmp_path / "in"
    put(folder / "a.csv")
    (folder / "link.csv").symlink_to(outside)
    (folder / "loop.csv").symlink_to("loop.csv")
    (folder / "loop").symlink_to("loop", target_is_directory=True)
    (folder / "dir").symlink_to(outside.parent, target_is_directory=True)
    async with client_factory() as factory:
        assert names(await poll(folder, factory)) == ["a.csv"]
        assert (await failure_of(folder, factory, glob="*/*.csv")).code == FilesCode.NO_FILE


@pytest.mark.parametrize("address", ["/no/such/folder", "", "file:///no/such", "\0"])
async def test_missing_folder_fails(address: str) -> None:
    async with client_factory() as factory:
        failure = await failure_of(address or "/no/such", factory)
    assert failure == Failure(FilesCode.FOLDER_NOT_ACCESSIBLE)


async def test_file_that_is_too_large_is_cut_and_rejected(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", "x" * (FILE_LIMIT + 10))
    async with client_factory() as factory:
        payload = await poll(tmp_path, factory)
        assert len(payload.pages[0].body) == FILE_LIMIT + 1
        with pytest.raises(SourceError) as caught:
            spreadsheet.parse(row(options=OPTIONS), payload, NOW)
    assert caught.value.failure == Failure(FilesCode.FILE_TOO_LARGE, {"mebibytes": 16.0})


@pytest.fixture
def hanging_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """A folder whose listing hangs until the event is set."""
    release, real = Event(), scan_folder

    def slow(*args: Any) -> Any:
        release.wait(5)
        return real(*args)

    monkeypatch.setattr(_files, "scan_folder", slow)
    yield release
    release.set()


async def test_hanging_folder_fails_at_the_deadline_and_loses_no_file(tmp_path: Path, hanging_folder: Event) -> None:
    put(tmp_path / "a.csv")
    source = row(str(tmp_path), OPTIONS, deadline=timedelta(seconds=0.1))
    async with client_factory() as factory:
        with pytest.raises(SourceError) as caught:
            await fetch(source, factory.context_for(source))
        assert caught.value.failure == Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": 0.1})
        with raises_failure(HttpCode.ANSWER_STILL_READ):  # no second thread
            await poll(tmp_path, factory)
        hanging_folder.set()
        assert names(await fetched_at_last(tmp_path, factory)) == ["a.csv"]


async def fetched_at_last(folder: Path, factory: HttpClientFactory) -> Payload:
    """The files, once the thread of the poll before has ended."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await poll(folder, factory)
            except SourceError as error:
                assert error.failure.code == HttpCode.ANSWER_STILL_READ
            await asyncio.sleep(0.01)


async def test_cancelled_poll_raises_cancelled_error(tmp_path: Path, hanging_folder: Event) -> None:
    async with client_factory() as factory:
        task = asyncio.create_task(poll(tmp_path, factory))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_names_that_are_not_utf8_become_text(tmp_path: Path) -> None:
    """Old archives and mounts give names in TCVN3; each such file is read and named, and costs no other one."""
    for name in (b"bao c\xb8o.csv", b"bao c\xb9o.csv", b"good.csv"):
        put(tmp_path / os.fsdecode(name), f"Ngày;Mức\n05/10/2026;{name[-6]}")
    async with client_factory() as factory:
        first = await poll(tmp_path.as_uri(), factory)
        assert len(names(first)) == 3 and all(name.encode() for name in names(first))
        assert (await poll(tmp_path.as_uri(), factory)).is_unchanged


def test_a_fifo_in_place_of_a_listed_file_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = put(tmp_path / "a.csv").lstat()
    (tmp_path / "a.csv").unlink()
    os.mkfifo(tmp_path / "a.csv")
    monkeypatch.setattr(folder_module, "_list_files", lambda *_: [(tmp_path / "a.csv", status)])
    assert not scan_folder(str(tmp_path), WatchSpec("*.csv", 0), {}, NOW.timestamp()).pages


def test_a_file_that_goes_while_the_folder_is_listed_costs_no_other_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        put(tmp_path / name)
    listed = sorted(tmp_path.glob("*.csv"))
    monkeypatch.setattr(Path, "glob", lambda *_: iter(listed))
    (tmp_path / "b.csv").unlink()
    pages = scan_folder(str(tmp_path), WatchSpec("*.csv", 0), {}, NOW.timestamp()).pages
    assert sorted(page.address for page in pages) == ["a.csv", "c.csv"]


def test_file_behind_a_folder_that_became_a_link_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size and time are those of the file that was listed."""
    root, outside = tmp_path / "watched", put(tmp_path / "outside" / "a.csv", text="Ngày;Mức\n05/10/2026;9")
    put(root / "inside" / "a.csv")
    listed = list(folder_module._list_files(root, WatchSpec("**/*.csv")))

    def exchange(*_: Any) -> Iterator[tuple[Path, os.stat_result]]:
        (root / "inside").rename(tmp_path / "moved")
        (root / "inside").symlink_to(outside.parent)
        return iter(listed)

    monkeypatch.setattr(folder_module, "_list_files", exchange)
    ((path, status),), resolve = listed, Path.resolve
    assert (path.parent / "a.csv").stat().st_size == outside.stat().st_size == status.st_size
    assert not scan_folder(str(root), WatchSpec("**/*.csv"), {}, NOW.timestamp()).pages
    # Exchanged a moment later, when it was found to be inside.
    monkeypatch.setattr(Path, "resolve", lambda self, strict=False: self if self == path.parent else resolve(self))
    assert folder_module._read_file(root, path, status) is None


def test_file_in_a_folder_that_may_only_be_passed_through_is_read() -> None:
    """A folder of another user with mode 0711 cannot be listed; the glob names what is below it."""
    with TemporaryDirectory() as place:
        root = Path(place) / "watched"
        put(root / "inside" / "a.csv")
        (root / "empty").mkdir()
        is_superuser = os.geteuid() == 0
        for folder in (place, str(root)):
            os.chmod(folder, 0o711 if is_superuser else 0o311)
        if is_superuser:  # who may read everything
            os.seteuid(65534)
        try:
            assert not os.access(root, os.R_OK, effective_ids=True)
            pages = scan_folder(str(root), WatchSpec("inside/*.csv", 0), {}, NOW.timestamp()).pages
            for glob in ("empty/*.csv", "missing/*.csv"):  # which waits for its first file
                assert not scan_folder(str(root), WatchSpec(glob, 0), {}, NOW.timestamp()).pages
            with pytest.raises(SourceError):
                scan_folder(str(root), WatchSpec("*.csv", 0), {}, NOW.timestamp())
        finally:
            if is_superuser:
                os.seteuid(0)
            root.chmod(0o700)
    assert [page.address for page in pages] == ["inside/a.csv"]
