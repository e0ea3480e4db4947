"""A folder behind SFTP: the same look as into a folder of this machine, on one connection that the deadline ends."""

import asyncio
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import field_validator, model_validator

from data_sources._files.change_tracker import (
    FILE_LIMIT,
    PARTIAL_SUFFIXES,
    POLL_LIMIT,
    ChangeTracker,
    ScanResult,
    WatchSpec,
)
from data_sources._mapping import RowOptions
from ioc.domain.base.failure import untyped
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.protocol import FetchContext, ResponsePage, SourceError
from ioc.domain.ingest.source import Source
from ioc.net.ssrf import PRIVATE_ADDRESS_REASON, PrivateAddressError

if TYPE_CHECKING:
    from asyncssh import SFTPClient, SSHClientConnection, SSHClientConnectionOptions

_CONCURRENCY = 8  # files that are on their way together: over a slow line each costs several round trips
_MAX_ENTRIES = 100_000
# What part of the deadline goes into reading: a backlog comes in pieces, the newest first, instead of never.
_DEADLINE_SHARE = 0.6


class SftpOptions(RowOptions):
    """For an address sftp://user@host:port/folder: the server's public key, and a password or a private key of ours."""

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
    source: Source, world: FetchContext, access: SftpOptions, watch: WatchSpec, previous: Mapping[str, Any], now: float
) -> ScanResult:
    """The files behind the row's address that are new or have other content than `known` says."""
    import asyncssh

    asyncssh.set_log_level("WARNING")  # it would tell each connection, with user and host
    at = urlsplit(source.address)
    where = f"{at.hostname}:{at.port or 22}"
    ends = asyncio.get_running_loop().time() + source.deadline.total_seconds() * _DEADLINE_SHARE
    try:
        options = _connection_options(at, world, access)
        async with (
            await _connect(at.hostname or "", at.port or 22, options, world.address_resolver(source)) as connection,
            connection.start_sftp_client() as client,
        ):
            looked = await _SftpScan(
                client, unquote(at.path) or "/", watch, ChangeTracker(watch, previous, now), ends
            ).run()
    except PrivateAddressError:
        raise SourceError(untyped(PRIVATE_ADDRESS_REASON.format(where=where))) from None
    except asyncssh.HostKeyNotVerifiable:
        raise SourceError(untyped(f"{where} does not have the host key of the row")) from None
    except asyncssh.PermissionDenied:
        raise SourceError(untyped(f"{where} refuses our user, password or key"), is_refused=True) from None
    except asyncssh.SFTPError as error:
        raise SourceError(untyped(f"the folder of {where} cannot be read: {_one_line(error.reason)}")) from None
    except (asyncssh.Error, OSError) as error:
        if isinstance(error, TimeoutError):
            raise
        why = error.strerror if isinstance(error, OSError) else error.reason
        raise SourceError(untyped(f"no SFTP connection to {where}: {_one_line(why or 'no answer')}")) from None
    return looked


async def _connect(
    host: str, port: int, options: "SSHClientConnectionOptions", resolve: Callable[[str, int], list[str]]
) -> "SSHClientConnection":
    """To the first of the host's addresses that answers; its key is the row's, whatever the address."""
    import asyncssh

    *others, last = await asyncio.to_thread(resolve, host, port)
    for one in others:
        with suppress(OSError):
            return await asyncssh.connect(one, port, options=options)
    return await asyncssh.connect(last, port, options=options)


def _connection_options(at: SplitResult, world: FetchContext, access: SftpOptions) -> "SSHClientConnectionOptions":
    """What the connection is made with: nothing of this machine's own ssh settings, agents or known hosts."""
    import asyncssh

    if at.password is not None:
        raise SourceError(untyped("the address holds a password: right would be the option password: ${NAME}"))
    if not (at.hostname and at.username and access.host_key and (access.password or access.key)):
        raise SourceError(untyped("SFTP wants sftp://user@host/folder and the options host_key and password or key"))
    try:
        host_key = asyncssh.import_public_key(access.host_key)
        own = [asyncssh.import_private_key(world.expand_secrets(access.key))] if access.key else None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise SourceError(
            untyped("host_key or key is no key that can be read (a key with a passphrase cannot)")
        ) from None
    return asyncssh.SSHClientConnectionOptions(
        username=unquote(at.username),
        password=world.expand_secrets(access.password) if access.password else None,
        client_keys=own,
        known_hosts=([host_key], [], []),
        config=None,
        agent_path=None,
        preferred_auth="publickey" if own else "password,keyboard-interactive",
    )


class _SftpScan:
    """One look into the folder, over an open connection."""

    def __init__(self, client: "SFTPClient", root: str, watch: WatchSpec, looking: ChangeTracker, ends: float) -> None:
        self._client, self._root, self._watch, self._tracker, self._deadline = client, root, watch, looking, ends

    async def run(self) -> ScanResult:
        seen = await self._list_files()
        due = [one for one in seen if self._tracker.is_due(one.name, one.mtime, one.size, one.mtime)]
        pages: list[tuple[int, ResponsePage]] = []
        read, now = 0, asyncio.get_running_loop().time
        while due and read <= POLL_LIMIT and (now() < self._deadline or not pages):
            group, due = due[:_CONCURRENCY], due[_CONCURRENCY:]
            for one, body in zip(group, await asyncio.gather(*map(self._read_file, group)), strict=True):
                if body is not None:
                    read += len(body)
                    page = self._tracker.record_read(one.name, ResponsePage(body, _extension(one.name), "", one.name))
                    pages += [(one.mtime, page)] if page else []
        return self._tracker.result([page for _, page in sorted(pages, key=lambda one: one[0])])

    async def _list_files(self) -> list[_ListedFile]:
        """Every file that is watched, the newest first."""
        import asyncssh

        seen: list[_ListedFile] = []
        for folder in self._watch.folders:
            try:
                seen += await self._list_folder(folder)
            except asyncssh.SFTPNoSuchFile:
                if not folder:  # the folder of a day may not be there yet
                    raise
        if not seen:
            raise SourceError(untyped(f"no file {self._watch.glob}{self._watch.filter_description} lies in the folder"))
        return sorted(seen, key=lambda one: one.mtime, reverse=True)

    async def _list_folder(self, folder: str) -> list[_ListedFile]:
        found: list[_ListedFile] = []
        names = 0
        async for entry in self._client.scandir(str(PurePosixPath(self._root, folder))):
            names += 1
            if names > _MAX_ENTRIES or len(found) > self._watch.max_files:
                raise SourceError(untyped(f"the folder holds more than {self._watch.max_files} files: narrow the glob"))
            name, attrs = str(entry.filename), entry.attrs
            if self._is_watched(name) and stat.S_ISREG(attrs.permissions or 0) and attrs.size is not None:
                found.append(_ListedFile(str(PurePosixPath(folder, name)), int(attrs.mtime or 0), attrs.size))
        return found

    def _is_watched(self, name: str) -> bool:
        """A name inside the folder that is neither hidden nor temporary; a server may send any."""
        if "/" in name or "\0" in name or name.startswith((".", "~$")) or name.lower().endswith(PARTIAL_SUFFIXES):
            return False
        return fnmatchcase(name, self._watch.glob) and self._watch.accepts(name)

    async def _read_file(self, one: _ListedFile) -> bytes | None:
        """The file as it was listed, cut one byte past the limit; None when it moved or left meanwhile."""
        import asyncssh

        try:
            async with self._client.open(str(PurePosixPath(self._root, one.name)), "rb") as file:
                body = await file.read(FILE_LIMIT + 1)
                after = await file.stat()
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied):
            return None
        return (
            body if isinstance(body, bytes) and (int(after.mtime or 0), after.size) == (one.mtime, one.size) else None
        )


def _extension(name: str) -> str:
    return PurePosixPath(name).suffix.lower().lstrip(".")


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:80]
