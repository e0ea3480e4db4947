"""The text of a file with a table, its rows, and what separates its columns."""

import csv
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from io import StringIO

from data_sources import _text
from data_sources._files import FILE_LIMIT
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.text import REPLACEMENT, shorten
from ioc.domain.ingest.protocol import ResponsePage, SourceError

MAX_CELLS = 2_000_000  # a year of minutes has a quarter of them; the file need not have more bytes than cells
_LEAST_CELLS = 3  # a row of fewer, also an empty one, takes as long as one of them
_DELIMITERS = ";\t,|"  # that are looked for
_SEVERAL_BLANKS = re.compile(r"(?<=\S)[ \xa0]{2,}(?=\S)")
_SHIFTING_BLANKS = re.compile(r"^ +\S|\S {2,}\S", re.MULTILINE)
_COMMA = re.compile(r"(?<!\d),|,(?!\d)")  # that is no decimal one
_SIGN, _BLANK = re.compile(r"[\W_]"), re.compile(" ")
_MAX_QUOTED = 80  # characters of a message of the parser
_ZEROS = re.compile("[\0\uffff]+")  # U+FFFF: erased bytes of UTF-16
_MIN_CHARACTERS = 10  # of a text file for each run of zeros in it
_MAX_CELL = 131_072  # characters; U+FFFD stands for more, so that what is left is no other number or name
csv.field_size_limit(FILE_LIMIT)  # of the whole process: one long cell, or a quotation without an end, is no fault


def decode_table(page: ResponsePage, encoding: str) -> str:
    """The text of a file in NFC. `encoding`: as the row says; "": detected. Raises SourceError."""
    body = _text.zeros_for_erased(page.body)
    try:
        text = _decode_as(body, encoding) if encoding else _text.decode(body, page.charset)
    except (UnicodeError, LookupError):
        raise SourceError(SpreadsheetCode.WRONG_ENCODING, encoding=encoding) from None
    except SourceError:
        is_text = b"\0" not in page.body
        raise SourceError(SpreadsheetCode.ENCODING_UNKNOWN if is_text else SpreadsheetCode.NOT_A_TABLE) from None
    return normal_form("NFC", _without_zeros(text))


def _decode_as(body: bytes, encoding: str) -> str:
    if encoding not in ("tcvn3", "vni"):
        return body.decode(encoding)
    text = body.decode("latin-1")
    return _text.decode_tcvn3(text) if encoding == "tcvn3" else _text.decode_vni(text)


def _without_zeros(text: str) -> str:
    """`text` with U+FFFD for each run of zeros, which a logger that lost its power leaves in a file or behind its end.

    A run may stand for any number of separators and line breaks. Raises SourceError for a binary file.
    """
    if not _ZEROS.search(text):
        return text
    ended = text.rstrip("\0")
    text = ended if ended.endswith(("\n", "\r")) else text
    text, count = _ZEROS.subn(REPLACEMENT, text)
    if count * _MIN_CHARACTERS > len(text):
        raise SourceError(SpreadsheetCode.NOT_A_TABLE)
    return text


def read_text_table(text: str, delimiter: str) -> tuple[list[list[str | None]], str]:
    """The cells of each line, and the delimiter that was meant; "": found. Raises SourceError."""
    delimiter = delimiter or _detect_delimiter(text)
    try:
        rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
        read = [list(map(_cell, row)) for row in _bounded_rows(rows)]
    except csv.Error as error:
        raise SourceError(SpreadsheetCode.NOT_CSV, external=shorten(str(error), _MAX_QUOTED)) from None
    if delimiter == " " and _SHIFTING_BLANKS.search(text) and any(map(_has_gap, read)):
        raise SourceError(SpreadsheetCode.SEPARATED_BY_BLANKS)  # an empty cell or one column: it cannot be told
    return read, delimiter


def _cell(text: str) -> str | None:
    """The text of a cell. One of several lines keeps tabs: by them one is known that holds whole rows of the file."""
    text = text if len(text) <= _MAX_CELL else text[:_MAX_CELL] + REPLACEMENT
    return text.strip(" \r\n" if "\n" in text else None) or None


def _bounded_rows(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """The rows, up to MAX_CELLS. SourceError for more."""
    cells = 0
    for row in rows:
        cells += max(_LEAST_CELLS, len(row))
        if cells > MAX_CELLS:
            raise SourceError(SpreadsheetCode.TOO_MANY_CELLS, limit=MAX_CELLS)
        yield row


def has_open_line(body: bytes) -> bool:
    """Whether no line break ends the last line of a text file, of any encoding: it may be half written."""
    return not body.rstrip(b" \t\0\x1a").endswith((b"\n", b"\r"))


def separator_fault(
    rows: Sequence[Sequence[object]], headings: Collection[str], delimiter: str, stated: str
) -> Failure | None:
    """Why no row of a text file has `headings`, where `delimiter` does not separate its columns; None where it does.

    `stated`: the delimiter that the row of the source sets; "": it was looked for.
    """
    lines = [delimiter.join(str(cell or "") for cell in cells) for cells in rows]
    lines = [line for line in lines if line.strip()]
    wanted = {_normalized(heading) for heading in headings}
    if _separates(_SEVERAL_BLANKS, lines, wanted):
        return Failure(SpreadsheetCode.SEPARATED_BY_BLANKS)
    if sign := next((sign for sign in _other_signs(lines, wanted, delimiter) if _separates(sign, lines, wanted)), None):
        return Failure(SpreadsheetCode.SEPARATOR_OTHER, {"sign": json.dumps(sign.pattern[-1])})
    if _are_most(_is_one_cell(line, delimiter) for line in lines):
        if _are_most(_SEVERAL_BLANKS.search(line) for line in lines):
            return Failure(SpreadsheetCode.SEPARATED_BY_BLANKS)
        between = _SIGN if len(wanted) > 1 else _BLANK  # a single column has words and decimal signs
        if _are_most(between.search(line) for line in lines):
            signs = ", ".join(map(json.dumps, stated or _DELIMITERS))
            return Failure(SpreadsheetCode.SEPARATOR_NOT_FOUND, {"signs": signs})
    return None


def _separates(sign: re.Pattern[str], lines: Sequence[str], wanted: Collection[str]) -> bool:
    """Whether a line has all of several headings between signs, and most lines as many cells."""
    return (
        len(wanted) > 1
        and any(set(wanted) <= set(map(_normalized, sign.split(line))) for line in lines)
        and _are_most(len(sign.findall(line)) >= len(wanted) - 1 for line in lines)
    )


def _other_signs(lines: Sequence[str], wanted: Collection[str], delimiter: str) -> Iterable[re.Pattern[str]]:
    """The signs of the first line with all headings, which may separate them."""
    texts = ((line, _normalized(line)) for line in lines)
    line = next((line for line, text in texts if all(heading in text for heading in wanted)), "")
    signs = (sign for sign in dict.fromkeys(line) if not sign.isalnum() and sign != delimiter)
    return (re.compile(re.escape(sign)) for sign in signs)


def _is_one_cell(line: str, delimiter: str) -> bool:
    """Whether a line has no delimiter; a comma between digits is a decimal one."""
    return not (_COMMA if delimiter == "," else re.compile(re.escape(delimiter))).search(line)


def _normalized(text: str) -> str:
    return "".join(text.split()).casefold()


def _are_most(found: Iterable[object]) -> bool:
    marks = list(map(bool, found))
    return 2 * sum(marks) > len(marks)


def _has_gap(cells: Sequence[str | None]) -> bool:
    """Whether an empty cell is before the last of several filled ones."""
    filled = [n for n, cell in enumerate(cells) if cell is not None]
    return len(filled) > 1 and filled[-1] >= len(filled)


def _detect_delimiter(text: str) -> str:
    """The delimiter that splits most of the first lines into the same number of cells."""
    lines = [line for line in text[:20_000].splitlines()[:30] if line.strip()]
    counts = {sign: [len(next(csv.reader([line], delimiter=sign))) for line in lines] for sign in _DELIMITERS}

    def score(sign: str) -> int:
        several = [n for n in counts[sign] if n > 1]
        usual = max(set(several), key=several.count, default=0)
        return several.count(usual) * usual

    return max(_DELIMITERS, key=score)
