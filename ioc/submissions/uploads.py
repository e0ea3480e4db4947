"""An uploaded form: its name, size and content are checked before a spreadsheet reader opens it."""

from collections.abc import Sequence
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from data_sources.spreadsheet.number_format import PercentNumber, ScaledNumber
from data_sources.spreadsheet.workbook import Cell, read_sheets
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.form_workbook import SHEET_NAME, ParsedForm, SheetRows, parse_sheet
from ioc.domain.submissions.obligation import Obligation, ReportingPeriod

MAX_KB = 200
MAX_CELLS = 50_000  # of the sheet of the form
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0"  # of an old Excel file or an encrypted one
_ZIP_SIGNATURE = b"PK"


def parse_file(obligation: Obligation, period: ReportingPeriod, name: str, body: bytes) -> ParsedForm:
    """The figures of a filled form, and all faults by the address of their cell. SubmissionError as `read_rows`."""
    return parse_sheet(obligation, period, read_rows(name, body))


def read_rows(name: str, body: bytes) -> SheetRows:
    """The rows of the form's sheet. SubmissionError when the file is of another type, too large or unreadable."""
    extension = name.casefold().rpartition(".")[2]
    if not name or not body:
        raise SubmissionError(SubmissionCode.FILE_MISSING)
    if extension not in ("xlsx", "csv"):
        raise SubmissionError(SubmissionCode.FILE_TYPE)
    if len(body) > MAX_KB * 1024:
        raise SubmissionError(SubmissionCode.FILE_TOO_LARGE, limit=MAX_KB)
    is_zip = body.startswith(_ZIP_SIGNATURE)
    if is_zip is not (extension == "xlsx") or body.startswith((_OLE_SIGNATURE, b"<")):
        raise SubmissionError(SubmissionCode.FILE_CONTENT, extension=f".{extension}")
    if extension == "xlsx" and has_macros(body):
        raise SubmissionError(SubmissionCode.FILE_MACROS)
    try:
        sheets = read_sheets(ResponsePage(body), choose=_form_sheet, max_cells=MAX_CELLS)
    except SourceError as error:
        raise _unreadable(error.failure) from None
    if not sheets:
        raise _unreadable(Failure(SubmissionCode.FILE_EMPTY))
    return [[_as_displayed(cell) for cell in row] for row in sheets[0].rows]


def _form_sheet(names: Sequence[str]) -> Sequence[str]:
    """The sheet of the form, in a workbook without one the first sheet: no other one is read."""
    return [SHEET_NAME] if SHEET_NAME in names else names[:1]


def _as_displayed(cell: Cell) -> Cell:
    """A number that is displayed as another one as a text, which is no figure of a form: 54% is stored as 0.54."""
    if isinstance(cell, PercentNumber):
        return f"{cell.percent:g}%"
    return f"{cell:g} (÷ 1000…)" if isinstance(cell, ScaledNumber) else cell


def _unreadable(cause: Failure) -> SubmissionError:
    return SubmissionError(SubmissionCode.FILE_UNREADABLE, cause=cause)


def has_macros(body: bytes) -> bool:
    """Whether a zipped workbook holds macros. SubmissionError (FILE_UNREADABLE) for a damaged one."""
    try:
        with ZipFile(BytesIO(body)) as archive:
            return any("vbaproject" in name.casefold() for name in archive.namelist())
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        raise _unreadable(Failure(SubmissionCode.WORKBOOK_DAMAGED)) from None
