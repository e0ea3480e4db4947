"""POST /files/<kind>: a file is kept under a handle that a command of the same session may use once, within an hour.

The body is multipart with the field "file"; the answer is {"handle": …}. Whether it comes from a page of this program
is checked as everywhere (middleware/csrf.py). The files lie in a folder that the web processes share.
"""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe

import orjson
from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import FileStorage

from ioc.dash_kit.files import SentFile
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal
from ioc.submissions import uploads
from ioc.web.middleware.authorization import current_principal, requires

FIELD = "file"
MAX_AGE_SECONDS = 3600.0
MAX_FILES_PER_SESSION = 8
_MULTIPART_BYTES = 16 * 1024  # of the frame around the file
_MAX_NAME = 200
_BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class FileKind:
    """Files of one use. `action`: the permission. `check(name, body)`: raises what is wrong with name or content."""

    action: Action
    max_bytes: int
    check: Callable[[str, bytes], object]


class FileSpool:
    """The files in a folder: a folder for each session, in it one for each handle. Of both only a hash is a name."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock

    def keep(self, file: FileStorage, principal: Principal) -> tuple[str, Path]:
        """Streams the file to the spool: its handle and its path. Of a session only the newest files stay."""
        self._forget_old()
        owner, handle = self._owner(principal), token_urlsafe(24)
        owner.mkdir(parents=True, exist_ok=True, mode=0o700)
        earlier = sorted(owner.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in earlier[: max(0, len(earlier) + 1 - MAX_FILES_PER_SESSION)]:
            shutil.rmtree(path, ignore_errors=True)
        kept = owner / _hashed(handle)
        kept.mkdir(mode=0o700, parents=True)
        (kept / "name").write_text((file.filename or "")[:_MAX_NAME], "utf-8", "replace")
        with (kept / "body").open("wb") as body:
            shutil.copyfileobj(file.stream, body, _BLOCK_BYTES)
        os.utime(kept, (self._clock(), self._clock()))
        return handle, kept / "body"

    def take(self, handle: str, principal: Principal) -> SentFile | None:
        """The file, once: whoever renames its folder first has it."""
        kept = self._owner(principal) / _hashed(handle)
        taken = kept.with_name(f".{token_urlsafe(12)}")
        try:
            age = self._clock() - kept.stat().st_mtime
            kept.rename(taken)
            file = SentFile((taken / "name").read_text("utf-8"), (taken / "body").read_bytes())
        except FileNotFoundError:
            return None
        finally:
            shutil.rmtree(taken, ignore_errors=True)
        return file if abs(age) < MAX_AGE_SECONDS else None

    def forget(self, handle: str, principal: Principal) -> None:
        """Removes a file."""
        shutil.rmtree(self._owner(principal) / _hashed(handle), ignore_errors=True)

    def _owner(self, principal: Principal) -> Path:
        return self._folder / _hashed(f"{principal.kind} {principal.name} {principal.session_id}")

    def _forget_old(self) -> None:
        """Removes the files of all sessions that are too old; also after the clock was set back."""
        for kept in self._folder.glob("*/*"):
            try:
                is_old = abs(self._clock() - kept.stat().st_mtime) >= MAX_AGE_SECONDS
            except FileNotFoundError:  # another process was faster
                continue
            if is_old:
                shutil.rmtree(kept, ignore_errors=True)
        for owner in self._folder.glob("*"):
            try:
                owner.rmdir()
            except OSError:  # not empty
                continue


def kinds() -> Mapping[str, FileKind]:
    """The kinds of files by their name in the address."""
    return {"figures": FileKind(Action.SUBMIT, uploads.MAX_KB * 1024, uploads.read_rows)}


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
        handle, body = spool.keep(file, principal)
        try:
            kind.check(file.filename or "", body.read_bytes())
        except Exception:
            spool.forget(handle, principal)
            raise
        return Response(
            orjson.dumps({"handle": handle}), mimetype="application/json", headers={"Cache-Control": "no-store"}
        )

    return receive


def _hashed(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:40]
