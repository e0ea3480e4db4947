"""POST /files/<kind>: a file is kept under a handle that commands of the same session may use, within an hour.

It is not gone with the first use: a form that a browser sends twice has its file both times, and its key makes it one
act (ioc/dash_kit/form_keys.py).

The body is multipart with the field "file"; the answer is {"handle": …}. Whether it comes from a page of this program
is checked as everywhere (middleware/csrf.py). The files lie in a folder that the web processes share.
"""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from threading import Lock

import orjson
from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import FileStorage

from ioc.dash_kit.files import SentFile
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal
from ioc.submissions import uploads
from ioc.web import task_sheet_process
from ioc.web.middleware.authorization import current_principal, requires

FIELD = "file"
MAX_AGE_SECONDS = 3600.0
MAX_FILES_PER_SESSION = 8
_MULTIPART_BYTES = 16 * 1024  # of the frame around the file
_MAX_NAME = 200
_BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class FileKind:
    """Files of one use. `action`: the permission.

    `check(person, name, body)`: raises what is wrong with name or content of what a person sent.
    """

    action: Action
    max_bytes: int
    check: Callable[[str, str, bytes], object]


class FileSpool:
    """The files in a folder: a folder for each, named by hashes of session and handle.

    One is written under a name with a dot, which belongs to one request alone: others may remove any folder that has
    its name at any time.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock, self._surplus_lock = folder, clock, Lock()

    def keep(self, file: FileStorage, principal: Principal, check: Callable[[str, bytes], object]) -> str:
        """Streams the file to the spool and returns its handle. Of a session only the newest files stay.

        `check(name, body)`: raises what is wrong with the file, which is not kept then.
        """
        self._forget_old()
        handle, written = token_urlsafe(24), self._folder / f".{token_urlsafe(12)}"
        written.mkdir(mode=0o700, parents=True)
        try:
            (written / "name").write_text((file.filename or "")[:_MAX_NAME], "utf-8", "replace")
            with (written / "body").open("wb") as body:
                shutil.copyfileobj(file.stream, body, _BLOCK_BYTES)
            check(file.filename or "", (written / "body").read_bytes())
            os.utime(written, (self._clock(), self._clock()))
            written.rename(self._path(handle, principal))
        finally:
            shutil.rmtree(written, ignore_errors=True)
        self._forget_surplus(principal)
        return handle

    def read(self, handle: str, principal: Principal) -> SentFile | None:
        """The file; None for none, or one that is too old."""
        kept = self._path(handle, principal)
        try:
            age = self._clock() - kept.stat().st_mtime
            file = SentFile((kept / "name").read_text("utf-8"), (kept / "body").read_bytes())
        except FileNotFoundError:
            return None
        return file if abs(age) < MAX_AGE_SECONDS else None

    def _path(self, handle: str, principal: Principal) -> Path:
        return self._folder / f"{_owner(principal)}.{_hashed(handle)}"

    def _forget_surplus(self, principal: Principal) -> None:
        with self._surplus_lock:
            kept = sorted(self._folder.glob(f"{_owner(principal)}.*"), key=_modified)
            for path in kept[:-MAX_FILES_PER_SESSION]:
                shutil.rmtree(path, ignore_errors=True)

    def _forget_old(self) -> None:
        """Removes the files of all sessions that are too old; also after the clock was set back."""
        for kept in self._folder.glob("*"):
            if abs(self._clock() - _modified(kept)) >= MAX_AGE_SECONDS:
                shutil.rmtree(kept, ignore_errors=True)


def _owner(principal: Principal) -> str:
    return _hashed(f"{principal.kind} {principal.name} {principal.session_id}")


def _modified(path: Path) -> float:
    """When the folder was written last; 0 where another request has removed it meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def kinds() -> Mapping[str, FileKind]:
    """The kinds of files by their name in the address."""
    return {
        "figures": FileKind(Action.SUBMIT, uploads.MAX_KB * 1024, uploads.read_rows),
        "tasks": FileKind(
            Action.ACT_ON_DIRECTIVES, task_sheet_process.MAX_KB * 1024,
            lambda _person, name, body: task_sheet_process.check_file(name, body),
        ),
    }  # fmt: skip


def blueprint(spool: FileSpool, kinds: Mapping[str, FileKind]) -> Blueprint:
    """A route for each kind, by its name."""
    files = Blueprint("files", __name__)
    for name, kind in kinds.items():
        files.add_url_rule(f"/files/{name}", name, requires(kind.action)(_receiver(spool, kind)), methods=["POST"])
    return files


def _receiver(spool: FileSpool, kind: FileKind) -> Callable[[], Response]:
    def receive() -> Response:
        request.max_content_length = kind.max_bytes + _MULTIPART_BYTES
        file = request.files.get(FIELD)
        if file is None:
            abort(400)
        principal = current_principal()
        handle = spool.keep(file, principal, partial(kind.check, principal.name))
        return Response(
            orjson.dumps({"handle": handle}), mimetype="application/json", headers={"Cache-Control": "no-store"}
        )

    return receive


def _hashed(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:40]
