"""An uploaded form: its name, size and content are checked before a spreadsheet reader opens it."""

from collections.abc import Sequence
from zipfile import BadZipFile

from data_sources.spreadsheet.number_format import LabelledNumber, PercentNumber, ScaledNumber, UnclearNumber
from data_sources.spreadsheet.sheet_process import READER, read_apart
from data_sources.spreadsheet.workbook import Cell
from data_sources.spreadsheet.zip_guard import SheetLimits
from data_sources.spreadsheet.zip_reader import list_members
from ioc.domain.base.failure import Failure
from ioc.domain.base.places import NoPlaceError
from ioc.domain.base.reader_process import ReaderProcess, person_places
from ioc.domain.ingest.packed import unpacked_limit
from ioc.domain.ingest.protocol import MachineFaultError, ResponsePage, SourceError
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.form_workbook import SHEET_NAME, ParsedForm, SheetRows, format_city_number, parse_sheet
from ioc.domain.submissions.obligation import Obligation, ReportingPeriod

MAX_KB = 200
LIMITS = SheetLimits(50_000, 1_000_000)  # of the sheet of the form
MAX_SECONDS, MAX_BYTES = 20.0, 8 * 1_048_576  # to read it; of its cells when they are handed over
WAIT_SECONDS = 5.0  # for a place
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0"  # of an old Excel file or an encrypted one
_ZIP_SIGNATURE = b"PK"


def parse_file(obligation: Obligation, period: ReportingPeriod, person: str, name: str, body: bytes) -> ParsedForm:
    """The figures of a filled form, and all faults by the address of their cell. SubmissionError as `read_rows`."""
    return parse_sheet(obligation, period, read_rows(person, name, body))


def read_rows(person: str, name: str, body: bytes) -> SheetRows:
    """The rows of the form's sheet. SubmissionError when the file is of another type, too large or unreadable.

    A workbook is read by a process of its own: FILE_BUSY where other files, of `person` or of many, take too long.
    """
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
        with person_places.take(person, WAIT_SECONDS), ReaderProcess(READER, MAX_SECONDS, MAX_BYTES) as process:
            sheets = read_apart(ResponsePage(body), process.read, choose=_form_sheet, limits=LIMITS)
    except (NoPlaceError, MachineFaultError):
        raise SubmissionError(SubmissionCode.FILE_BUSY) from None
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
        return f"{format_city_number(cell.percent)}%"
    if isinstance(cell, LabelledNumber):
        return f"{format_city_number(cell)} {f'({cell.text})' if cell.text[0].isdecimal() else cell.text}"
    if isinstance(cell, UnclearNumber):
        return f"{cell:g} (?)"
    return f"{cell:g} (÷ 1000…)" if isinstance(cell, ScaledNumber) else cell


def _unreadable(cause: Failure) -> SubmissionError:
    return SubmissionError(SubmissionCode.FILE_UNREADABLE, cause=cause)


def has_macros(body: bytes) -> bool:
    """Whether a zipped workbook holds macros. SubmissionError (FILE_UNREADABLE) for a damaged one."""
    try:
        return any("vbaproject" in member.filename.casefold() for member in list_members(body, unpacked_limit(body)))
    except SourceError as error:
        raise _unreadable(error.failure) from None
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        raise _unreadable(Failure(SubmissionCode.WORKBOOK_DAMAGED)) from None
