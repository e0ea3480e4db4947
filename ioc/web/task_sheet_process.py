"""Spreadsheets of tasks are checked, and read by a process of their own (ioc/worker/task_sheets.py)."""

import json
from io import BytesIO

from ioc.dash_kit.files import SentFile
from ioc.domain.base.failure import Failure
from ioc.domain.base.places import NoPlaceError
from ioc.domain.base.reader_process import ReaderError, ReaderFault, ReaderProcess, person_places
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.task_sheet import MAX_CHARACTERS, MAX_JSON_BYTES, TaskTable, tables_of_parts
from ioc.domain.submissions.errors import SubmissionError
from ioc.submissions.uploads import has_macros

MAX_KB = 8 * 1024
MAX_SECONDS = 60.0
_ZIP, _OLE = b"PK", b"\xd0\xcf\x11\xe0"
_SIGNATURES = {"xlsx": _ZIP, "ods": _ZIP, "xls": _OLE, "csv": b""}
_FAILURES = {
    ReaderFault.ENDED: Failure(SheetCode.UNREADABLE, {"cause": Failure(SheetCode.READER_ENDED)}),
    ReaderFault.NOT_STARTED: Failure(SheetCode.BUSY),
    ReaderFault.TOO_SLOW: Failure(SheetCode.TOO_SLOW),
    ReaderFault.TOO_LARGE: Failure(SheetCode.TOO_MUCH_TEXT, {"limit": MAX_CHARACTERS}),
}


def check_file(name: str, body: bytes) -> None:
    """SheetError for a file of another type than its name says, or one with macros. Nothing of it is read."""
    extension = name.casefold().rpartition(".")[2]
    if extension not in _SIGNATURES:
        raise SheetError(SheetCode.FILE_TYPE)
    is_other = (
        body.startswith((_ZIP, _OLE, b"<")) if extension == "csv" else not body.startswith(_SIGNATURES[extension])
    )
    if not body or is_other:
        raise SheetError(SheetCode.FILE_CONTENT, extension=f".{extension}")
    try:
        is_dangerous = body.startswith(_ZIP) and has_macros(body)
    except SubmissionError as error:
        raise SheetError(Failure(SheetCode.UNREADABLE, {"cause": error.failure.params["cause"]})) from None
    if is_dangerous:
        raise SheetError(SheetCode.FILE_MACROS)


def read_file(file: SentFile, person: str) -> tuple[TaskTable, ...]:
    """The tables of the file, at least one. SheetError; BUSY while another file of `person` is read, or many others."""
    check_file(file.name, file.body)
    try:
        with person_places.take(person):
            parts = [json.loads(line) for line in BytesIO(_run(file.body))]
    except NoPlaceError:
        raise SheetError(SheetCode.BUSY) from None
    if "failure" in parts[0]:
        raise SheetError(Failure.from_json(parts[0]["failure"]))
    return tables_of_parts(parts)


def _run(body: bytes) -> bytes:
    try:
        with ReaderProcess("task_sheet", MAX_SECONDS, MAX_JSON_BYTES) as process:
            return process.read(body)
    except ReaderError as error:
        raise SheetError(_FAILURES[error.fault]) from None
