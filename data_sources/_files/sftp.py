"""Scan of a folder over SFTP, on one connection within the deadline.

asyncssh decodes what the server sends on the event loop, some seconds in one call where it wants that: so each scan has
a loop in a thread of its own. Nothing is compressed: a packet would be unpacked without a bound.
"""

import asyncio
import stat
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import field_validator, model_validator

from data_sources._files.change_tracker import (
    FILE_LIMIT,
    POLL_LIMIT,
    ChangeTracker,
    ScanResult,
    WatchSpec,
    is_visible,
)
from data_sources._files.errors import FilesCode
from data_sources._mapping import RowOptions
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.own_loop import run_in_own_loop
from ioc.domain.base.system_errors import system_failure
from ioc.domain.base.text import replace_forbidden, shorten
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import FetchContext, ResponsePage, SourceError
from ioc.domain.ingest.source import Source
from ioc.net.name_lookup import addresses_of
from ioc.net.ssrf import PrivateAddressError, filter_addresses

if TYPE_CHECKING:
    from asyncssh import SFTPAttrs, SFTPClient, SSHClientConnection, SSHClientConnectionOptions

_CONCURRENCY = 8  # files that are read at the same time: over a slow line each takes several round trips
_MAX_ENTRIES = 100_000
_DEADLINE_SHARE = 0.6  # for reading: a backlog is read over several polls, the newest first
_LEAST_SECONDS = 1.0  # for the files of a poll whose listing took long
# Without those whose group or key the server chooses: one takes the interpreter for a minute before the host key.
_KEY_EXCHANGES = "-diffie-hellman-group-exchange-*,gss-*,rsa*"
_CLOSE_SECONDS = 1.0  # for what ends with the connection


class SftpOptions(RowOptions):
    """For an address sftp://user@host:port/folder: the server's public key, and our password or private key."""

    host_key: str = ""
    password: str = ""
    key: str = ""

    @field_validator("host_key")
    @classmethod
    def _validate_host_key(cls, text: str) -> str:
        if text and len(text.split()) < 2:
            raise ConfigValueError(OptionCode.HOST_KEY_FORM)
        return text

    @field_validator("password", "key")
    @classmethod
    def _validate_secret_ref(cls, text: str) -> str:
        if text and not (text.startswith("${") and text.endswith("}")):
            raise ConfigValueError(OptionCode.SECRET_NOT_A_REFERENCE)
        return text

    @model_validator(mode="after")
    def _validate_credentials(self) -> "SftpOptions":
        if self.password and self.key:
            raise ConfigValueError(OptionCode.PASSWORD_AND_KEY)
        return self


class _ListedFile(NamedTuple):
    name: str
    mtime: int
    size: int


async def scan(
    source: Source, context: FetchContext, access: SftpOptions, watch: WatchSpec, previous: Mapping[str, Any],
    now: float,
) -> ScanResult:  # fmt: skip
    """The files at the row's address that are new or changed since the states `previous`. Raises SourceError."""
    import asyncssh

    asyncssh.set_log_level("WARNING")  # it would log each connection with user and host
    url, tracker = urlsplit(source.address), ChangeTracker(watch, previous, now)
    try:
        options = _connection_options(url, context, access)
        return await run_in_own_loop(partial(_scan_at, source, url, options, tracker))
    except TimeoutError:
        raise
    except (asyncssh.Error, OSError) as error:
        raise _source_error(error, f"{url.hostname}:{url.port or 22}") from None


async def _scan_at(
    source: Source, url: SplitResult, options: "SSHClientConnectionOptions", tracker: ChangeTracker
) -> ScanResult:
    deadline = asyncio.get_running_loop().time() + source.deadline.total_seconds() * _DEADLINE_SHARE
    connection = await _connect(url.hostname or "", url.port or 22, options, source.may_be_private)
    return await _until_closed(connection, _scan_over(connection, url, tracker, deadline))


async def _until_closed(connection: "SSHClientConnection", scan: Coroutine[Any, Any, ScanResult]) -> ScanResult:
    """The result of `scan`; the connection is closed then, or as soon as nobody waits for it any more.

    A scan that is cancelled may still wait for the server, to which it gives back the folder or a file. So it runs in a
    task of its own, which ends, as those that read files, when its connection is closed; that waits for nobody.
    """
    work = asyncio.create_task(scan)
    try:
        await asyncio.wait({work})
        return work.result()
    finally:
        work.cancel()
        work.add_done_callback(_ignore_error)
        connection.close()
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=_CLOSE_SECONDS)


def _ignore_error(work: asyncio.Task[Any]) -> None:
    if not work.cancelled():
        work.exception()  # nobody else asks for it


async def _scan_over(
    connection: "SSHClientConnection", url: SplitResult, tracker: ChangeTracker, deadline: float
) -> ScanResult:
    client = await connection.start_sftp_client(path_errors="surrogateescape")
    return await _SftpScan(client, unquote(url.path) or "/", tracker, deadline).run()


def _source_error(error: Exception, host: str) -> SourceError:
    import asyncssh

    match error:
        case PrivateAddressError():
            return SourceError(IngestCode.PRIVATE_ADDRESS, host=host)
        case asyncssh.HostKeyNotVerifiable():
            return SourceError(FilesCode.SFTP_HOST_KEY_MISMATCH, host=host)
        case asyncssh.PermissionDenied():
            return SourceError(FilesCode.SFTP_LOGIN_REFUSED, is_refused=True)
        case asyncssh.SFTPError():
            return SourceError(FilesCode.SFTP_FOLDER_UNREADABLE, host=host, external=_one_line(error.reason))
        case OSError():
            return SourceError(FilesCode.SFTP_NOT_CONNECTED, host=host, cause=system_failure(error))
        case _:
            reason = error.reason if isinstance(error, asyncssh.Error) else error
            return SourceError(FilesCode.SFTP_PROTOCOL_ERROR, host=host, external=_one_line(reason))


async def _connect(
    host: str, port: int, options: "SSHClientConnectionOptions", may_be_private: bool
) -> "SSHClientConnection":
    """Connect to the first address of the host that answers; each must have the host key of the row."""
    import asyncssh

    *others, last = filter_addresses(await addresses_of(host, port), may_be_private)
    for address in others:
        with suppress(OSError):
            return await asyncssh.connect(address, port, options=options)
    return await asyncssh.connect(last, port, options=options)


def _connection_options(url: SplitResult, context: FetchContext, access: SftpOptions) -> "SSHClientConnectionOptions":
    """Options of the connection, without this machine's own SSH settings, agents and known hosts."""
    import asyncssh

    if url.password is not None:
        raise SourceError(FilesCode.SFTP_PASSWORD_IN_ADDRESS)
    if not (url.hostname and url.username and access.host_key and (access.password or access.key)):
        raise SourceError(FilesCode.SFTP_INCOMPLETE)
    try:
        host_key = asyncssh.import_public_key(access.host_key)
        client_keys = [asyncssh.import_private_key(context.expand_secrets(access.key))] if access.key else None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise SourceError(FilesCode.SFTP_KEY_UNREADABLE) from None
    return asyncssh.SSHClientConnectionOptions(
        username=unquote(url.username),
        password=context.expand_secrets(access.password) if access.password else None,
        client_keys=client_keys,
        known_hosts=([host_key], [], []),
        config=None,
        agent_path=None,
        compression_algs=["none"],
        kex_algs=_KEY_EXCHANGES,
        preferred_auth="publickey" if client_keys else "password,keyboard-interactive",
    )


class _SftpScan:
    """One scan of the folder over an open connection. `deadline`: when reading ends, by the clock of the loop."""

    def __init__(self, client: "SFTPClient", root: str, tracker: ChangeTracker, deadline: float) -> None:
        self._client, self._root, self._tracker, self._deadline = client, root, tracker, deadline
        self._watch = tracker.spec
        self._has_files = False  # whether any file was listed, watched or not
        self._is_late = False  # whether a file could not be read in time

    async def run(self) -> ScanResult:
        files = await self._list_files()
        due = [file for file in files if self._tracker.is_due(file.name, file.mtime, file.size, file.mtime)]
        pages: list[tuple[int, ResponsePage]] = []
        size_read, now = 0, asyncio.get_running_loop().time
        while due and size_read <= POLL_LIMIT and (now() < self._deadline or not pages):
            group, due = due[:_CONCURRENCY], due[_CONCURRENCY:]
            for file, body in zip(group, await asyncio.gather(*map(self._read_file, group)), strict=True):
                if body is None:
                    continue
                size_read += len(body)
                shown = ResponsePage(body, _extension(file.name), "", replace_forbidden(file.name))
                page = self._tracker.record_read(file.name, shown)
                pages += [(file.mtime, page)] if page else []
        if self._is_late and not pages:
            raise TimeoutError
        return self._tracker.result([page for _, page in sorted(pages, key=lambda mtime_and_page: mtime_and_page[0])])

    async def _list_files(self) -> list[_ListedFile]:
        """All watched files, the newest first; none of a folder that waits for its first file."""
        import asyncssh

        files: list[_ListedFile] = []
        for folder in self._watch.folders:
            try:
                files += await self._list_folder(folder)
            except asyncssh.SFTPNoSuchFile:
                if not folder:  # the folder of a day may not exist yet
                    raise
        if not files and self._has_files:
            raise SourceError(self._watch.no_file or Failure(FilesCode.NO_FILE, {"glob": self._watch.glob}))
        return sorted(files, key=lambda file: file.mtime, reverse=True)

    async def _list_folder(self, folder: str) -> list[_ListedFile]:
        files: list[_ListedFile] = []
        entry_count = 0
        async for entry in self._client.scandir(str(PurePosixPath(self._root, folder))):
            entry_count += 1
            if entry_count > _MAX_ENTRIES or len(files) > self._watch.max_files:
                raise SourceError(FilesCode.TOO_MANY_FILES, limit=self._watch.max_files)
            name, attrs = str(entry.filename), entry.attrs
            if not stat.S_ISREG(attrs.permissions or 0) or attrs.size is None or not is_visible(name):
                continue
            self._has_files = True
            if self._is_watched(name):
                files.append(_ListedFile(str(PurePosixPath(folder, name)), int(attrs.mtime or 0), attrs.size))
        return files

    def _is_watched(self, name: str) -> bool:
        """Whether the file is watched. The server may send any name: also paths out of the folder."""
        if "/" in name or "\0" in name:
            return False
        return fnmatchcase(name, self._watch.glob) and self._watch.accepts(name)

    async def _read_file(self, file: _ListedFile) -> bytes | None:
        """The file, cut one byte past FILE_LIMIT; None when it changed since it was listed, or cannot be read in time.

        One that its writer has locked, or that the server never sends, keeps back none of the others.
        """
        import asyncssh

        now = asyncio.get_running_loop().time()
        work = asyncio.create_task(self._read_whole(str(PurePosixPath(self._root, file.name))))
        work.add_done_callback(_ignore_error)
        await asyncio.wait({work}, timeout=max(self._deadline - now, _LEAST_SECONDS))
        if not work.done():  # the server may not answer to its end either: it ends with the connection
            self._is_late = True
            return None
        try:
            body, after = work.result()
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
            raise
        except asyncssh.SFTPError:
            return None
        # Also where the server gives less than it says.
        is_whole = len(body) == min(file.size, FILE_LIMIT + 1)
        return body if is_whole and (int(after.mtime or 0), after.size) == (file.mtime, file.size) else None

    async def _read_whole(self, path: str) -> tuple[bytes, "SFTPAttrs"]:
        """The content of a file and its attributes after it was read."""
        async with self._client.open(path, "rb") as handle:
            body, after = await handle.read(FILE_LIMIT + 1), await handle.stat()
        assert isinstance(body, bytes)
        return body, after


def _extension(name: str) -> str:
    return PurePosixPath(name).suffix.lower().lstrip(".")


def _one_line(text: object) -> str:
    return shorten(" ".join(str(text).split()), 80)
