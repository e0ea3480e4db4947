"""POST /files/<kind>: a file is kept under a handle that commands of the same session may use, within an hour.

It is not gone with the first use: a form that a browser sends twice has its file both times, and its key makes it one
act (ioc/dash_kit/form_keys.py).

The body is multipart with the field "file"; the answer is {"handle": …}. Whether it comes from a page of this program
is checked as everywhere (middleware/csrf.py). The files lie in a folder that the web processes share.
"""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson
from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import FileStorage

from ioc.dash_kit.files import SentFile
from ioc.directives.evidence_type import require_type
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal
from ioc.domain.directives import evidence
from ioc.domain.events.file_names import mask_file_name
from ioc.storage import expiring_folders
from ioc.storage.expiring_folders import ExpiringFolders
from ioc.submissions import uploads
from ioc.web import task_sheet_process
from ioc.web.middleware.authorization import current_principal, requires

FIELD, FOLDER = "file", expiring_folders.FILES
MAX_AGE_SECONDS = expiring_folders.MAX_AGE_SECONDS[expiring_folders.FILES]
MAX_FILES_OF_A_PERSON = 16
_MULTIPART_BYTES = 16 * 1024  # of the frame around the file
# That the library holds of a part at a time, of a file too; it reads 64 KiB. A head of a part is searched in one call.
_PART_BYTES = 128 * 1024
_MAX_NAME = 180
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
    """The files in a folder, each read by the session that sent it; their number is bounded for a person."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folders = ExpiringFolders(folder, clock, MAX_AGE_SECONDS, MAX_FILES_OF_A_PERSON)

    def keep(self, file: FileStorage, principal: Principal, check: Callable[[str, bytes], object]) -> str:
        """Streams the file to the spool and returns its handle. Of a person only the newest files stay.

        `check(name, body)`: raises what is wrong with the file, which is not kept then. OSError.
        """

        def fill(folder: Path) -> None:
            (folder / "session").write_text(str(principal.session_id))
            (folder / "name").write_text(mask_file_name(file.filename or "", _MAX_NAME), "utf-8", "replace")
            with (folder / "body").open("wb") as body:
                shutil.copyfileobj(file.stream, body, _BLOCK_BYTES)
            check(file.filename or "", (folder / "body").read_bytes())

        return self._folders.keep(principal.owner_key, fill)

    def read(self, handle: str, principal: Principal) -> SentFile | None:
        """The file; None for none, or one that is too old."""
        kept = self._folders.find(principal.owner_key, handle)
        try:
            if kept is None or (kept / "session").read_text() != str(principal.session_id):
                return None
            return SentFile((kept / "name").read_text("utf-8"), (kept / "body").read_bytes())
        except FileNotFoundError:
            return None

    def drop(self, handle: str, principal: Principal) -> None:
        """Removes the file."""
        self._folders.drop(principal.owner_key, handle)


def kinds() -> Mapping[str, FileKind]:
    """The kinds of files by their name in the address."""
    return {
        "figures": FileKind(Action.SUBMIT, uploads.MAX_KB * 1024, uploads.read_rows),
        "evidence": FileKind(
            Action.ACT_ON_DIRECTIVES, evidence.MAX_KB * 1024, lambda _person, name, body: require_type(name, body)
        ),
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
        request.max_form_memory_size, request.max_form_parts = _PART_BYTES, 1
        file = request.files.get(FIELD)
        if file is None:
            abort(400)
        principal = current_principal()
        handle = spool.keep(file, principal, partial(kind.check, principal.name))
        return Response(
            orjson.dumps({"handle": handle}), mimetype="application/json", headers={"Cache-Control": "no-store"}
        )

    return receive
