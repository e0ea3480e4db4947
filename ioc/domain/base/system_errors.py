"""Errors of the operating system as failures with a code: files, disks, connections, host names."""

import errno
import os
from socket import gaierror

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.text import shorten

_MAX_QUOTED = 80  # characters of a message of the system


class SystemCode(ErrorCode):
    """Why the operating system refused. Texts: components/messages/errors/system.toml."""

    CONNECTION_REFUSED = "system.connection_refused"
    CONNECTION_RESET = "system.connection_reset"
    NO_ROUTE = "system.no_route"
    TIMED_OUT = "system.timed_out"
    NAME_NOT_FOUND = "system.name_not_found"
    NOT_FOUND = "system.not_found"
    PERMISSION_DENIED = "system.permission_denied"
    IS_A_DIRECTORY = "system.is_a_directory"
    NOT_A_DIRECTORY = "system.not_a_directory"
    FILE_EXISTS = "system.file_exists"
    DISK_FULL = "system.disk_full"
    READ_ONLY = "system.read_only"
    OTHER = "system.other"  # external: the system's own message
    NO_DETAIL = "system.no_detail"


_CODES = {
    errno.ECONNREFUSED: SystemCode.CONNECTION_REFUSED,
    errno.ECONNRESET: SystemCode.CONNECTION_RESET,
    errno.EPIPE: SystemCode.CONNECTION_RESET,
    errno.EHOSTUNREACH: SystemCode.NO_ROUTE,
    errno.ENETUNREACH: SystemCode.NO_ROUTE,
    errno.EHOSTDOWN: SystemCode.NO_ROUTE,
    errno.ETIMEDOUT: SystemCode.TIMED_OUT,
    errno.ENOENT: SystemCode.NOT_FOUND,
    errno.EACCES: SystemCode.PERMISSION_DENIED,
    errno.EPERM: SystemCode.PERMISSION_DENIED,
    errno.EISDIR: SystemCode.IS_A_DIRECTORY,
    errno.ENOTDIR: SystemCode.NOT_A_DIRECTORY,
    errno.EEXIST: SystemCode.FILE_EXISTS,
    errno.ENOSPC: SystemCode.DISK_FULL,
    errno.EDQUOT: SystemCode.DISK_FULL,
    errno.EROFS: SystemCode.READ_ONLY,
}


_FOLDER_CODES = frozenset({
    SystemCode.DISK_FULL, SystemCode.READ_ONLY, SystemCode.PERMISSION_DENIED, SystemCode.NOT_A_DIRECTORY,
    SystemCode.FILE_EXISTS, SystemCode.NOT_FOUND,
})  # fmt: skip


def is_of_folder(error: OSError) -> bool:
    """Whether a disk or folder takes no file; any other error is one of the program or of a connection."""
    return system_failure(error).code in _FOLDER_CODES or error.errno in (errno.EIO, errno.ESTALE)


def system_failure(error: OSError) -> Failure:
    """The failure that `error` stands for: by its number, else with the system's own message as `external`."""
    if isinstance(error, gaierror):
        return Failure(SystemCode.NAME_NOT_FOUND)
    if isinstance(error, TimeoutError):
        return Failure(SystemCode.TIMED_OUT)
    code = _CODES.get(error.errno) if error.errno is not None else None
    if code is not None:
        return Failure(code)
    # asyncio puts its own message, which names the address, in the place of the system's.
    message = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return (
        Failure(SystemCode.OTHER, external=shorten(message, _MAX_QUOTED)) if message else Failure(SystemCode.NO_DETAIL)
    )
