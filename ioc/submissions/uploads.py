"""A filled form that was uploaded: looked at by name, size and content before a reader is let near it."""

from zipfile import BadZipFile, ZipFile

from data_sources.spreadsheet.workbook import read_sheets
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from ioc.domain.submissions.form_workbook import SHEET_NAME, SheetRows
from ioc.submissions.service import SubmissionError

MAX_BYTES = 200 * 1024
_OLE = b"\xd0\xcf\x11\xe0"


def read_rows(name: str, body: bytes) -> SheetRows:
    """The rows of the sheet. Refused when it is of another kind, too large, a bomb, or cannot be read."""
    kind = name.casefold().rpartition(".")[2]
    if not name or not body:
        raise SubmissionError("file_none")
    if kind not in ("xlsx", "csv"):
        raise SubmissionError("file_kind")
    if len(body) > MAX_BYTES:
        raise SubmissionError("file_large")
    if body.startswith(b"PK") is not (kind == "xlsx") or body.startswith((_OLE, b"<")):
        raise SubmissionError("file_other", kind=f".{kind}")
    try:
        if kind == "xlsx" and _has_macros(body):
            raise SubmissionError("file_macros")
        found = read_sheets(ResponsePage(body), delimiter="")
    except SourceError as error:
        raise SubmissionError("file_unread", why=str(error.failure)) from None
    named = [one.rows for one in found if one.name == SHEET_NAME] or [one.rows for one in found]
    if not named:
        raise SubmissionError("file_unread", why="the file is empty")
    return named[0]


def _has_macros(body: bytes) -> bool:
    from io import BytesIO

    try:
        with ZipFile(BytesIO(body)) as packed:
            return any("vbaproject" in one.casefold() for one in packed.namelist())
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        raise SourceError(untyped("the workbook is damaged or cut off")) from None
