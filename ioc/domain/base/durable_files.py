"""Files that are whole or not there, also after a power cut."""

import os
from contextlib import suppress
from pathlib import Path
from threading import get_ident


def write_durably(path: Path, body: bytes) -> None:
    """Writes `path`, a file of this user alone, which has this content or that of before. OSError."""
    part = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync(path.parent)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def sync(path: Path) -> None:
    """Puts a file, or the names in a folder, on the disk. OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
