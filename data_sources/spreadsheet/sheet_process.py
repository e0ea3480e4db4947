"""Workbooks are read by a process of their own, which a hostile one may end; a text file is read here."""

import io
import pickle
from collections.abc import Callable, Iterable, Sequence

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.workbook import ChooseSheets, Sheet, is_workbook, read_sheets
from data_sources.spreadsheet.zip_guard import SOURCE_LIMITS, SheetLimits
from ioc.domain.base.failure import Failure
from ioc.domain.base.reader_process import ReaderError, ReaderFault, ReaderProcess
from ioc.domain.ingest.protocol import MachineFaultError, ResponsePage, SourceError

READER = "workbook"  # its name in ioc/worker/read_file.py
MAX_SECONDS, MAX_BYTES = 60.0, 128 * 1_048_576  # of a file; of what it becomes
_CELLS = {
    "data_sources.spreadsheet.legacy_fonts": ("UndecidedText",),
    "data_sources.spreadsheet.number_format": (
        *("LabelledNumber", "PercentNumber", "PercentSignNumber", "ScaledNumber", "UnclearNumber"),
    ),
    "data_sources.spreadsheet.sheet_details": ("UncalculatedFormula",),
    "data_sources.spreadsheet.workbook": ("Sheet",),
    "datetime": ("date", "datetime", "time", "timedelta"),
    "copyreg": ("__newobj__",),
}
Read = Callable[[bytes], bytes]  # the answer to a request. Raises ReaderError.


def workbook_process() -> ReaderProcess:
    """The process for the workbooks of one answer of a source."""
    return ReaderProcess(READER, MAX_SECONDS, MAX_BYTES)


def read_apart(
    page: ResponsePage,
    read: Read,
    encoding: str = "",
    delimiter: str = "",
    choose: ChooseSheets = list,
    limits: SheetLimits = SOURCE_LIMITS,
) -> list[Sheet]:
    """As workbook.read_sheets, but a workbook is read by `read`. Raises SourceError.

    `choose`: a function of a module, or a method of an object that can be pickled.
    """
    if not is_workbook(page.body):
        return read_sheets(page, encoding, delimiter, choose, limits)
    try:
        body = read(pickle.dumps((page.body, choose, limits)))
    except ReaderError as error:
        if error.fault is ReaderFault.TOO_SLOW:
            raise SourceError(SpreadsheetCode.READER_SLOW, seconds=int(MAX_SECONDS)) from None
        if error.fault is ReaderFault.NOT_STARTED:
            raise MachineFaultError(SpreadsheetCode.READER_NOT_STARTED) from None
        raise SourceError(SpreadsheetCode.READER_ENDED) from None
    content = _Answer(io.BytesIO(body)).load()
    if isinstance(content, dict):
        raise SourceError(Failure.from_json(content))
    names, sheets = content
    choose(names)  # it may note which ones are missing
    return list(sheets)


def answer(request: bytes) -> bytes:
    """What the process answers: the names of the visible sheets and the chosen ones, or a failure."""
    body, choose, limits = pickle.loads(request)  # made by this program # nosec B301
    chooser: ChooseSheets = choose
    names = list[str]()

    def note(visible: Sequence[str]) -> Iterable[str]:
        names.extend(visible)
        return chooser(visible)

    try:
        return pickle.dumps((names, read_sheets(ResponsePage(body), choose=note, limits=limits)))
    except SourceError as error:
        return pickle.dumps(error.failure.to_json())


class _Answer(pickle.Unpickler):
    """Reads an answer, which has cells and nothing else."""

    def find_class(self, module: str, name: str) -> object:
        """A class of cells. UnpicklingError for another one."""
        if name not in _CELLS.get(module, ()):
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)
