"""What the names of files and sheets say: the time, the station as {file}, and whether two are of one table."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.options import FILE, Options
from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseCode, ParseError, names_zone, parse_timestamp
from ioc.domain.ingest.protocol import SourceError

MONTH = re.compile(r"(?<!\w)(?:tháng|thang|t)\s*(?:\.\s*)?(1[0-2]|0?[1-9])(?!\d)", re.IGNORECASE)
# In a title; after "ngày 5" or "ngày …" it is the day of a signature or of a decree.
TITLE_MONTH = re.compile(
    r"(ngày[\W\d_]*)?(?<!\w)tháng\s*(1[0-2]|0?[1-9])\s*(?:năm|[-./])\s*(20[0-9]{2})(?!\d)", re.IGNORECASE
)
_TITLE_YEAR = re.compile(r"(?<!\w)năm\s*20[0-9]{2}(?!\d)", re.IGNORECASE)
# A day of a signature or of an act, and acts: their years are not that of a table.
_SIGNATURE = re.compile(r"ngày[\W\d_]*tháng[\W\d_]*năm\s*20[0-9]{2}", re.IGNORECASE)
_ACT = re.compile(
    r"(?<!\w)(?:luật|nghị định|nghị quyết|thông tư|quyết định|chỉ thị|công văn|văn bản|kèm theo)(?!\w)", re.IGNORECASE
)
MONTH_OF_YEAR = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])(?:\s*[-./_]\s*|\s+)(?:20[0-9]{2})(?!\d)")
YEAR = re.compile(r"(?<!\d)20[0-9]{2}(?!\d)")
_MM, _DD, _YYYY, _GAP = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])", "20[0-9]{2}", r"(?:\s*[-._/]\s*|\s+)"
# What tells files of one table apart: dates, times of day after them, periods, numbers of copies and versions.
_PERIOD = re.compile(
    rf"(?<!\d)(?:{_YYYY}{_MM}{_DD}|{_DD}{_MM}{_YYYY}|{_YYYY}{_MM}|{_MM}{_YYYY}"
    rf"|{_YYYY}{_GAP}\d{{1,2}}(?:{_GAP}\d{{1,2}})?|(?:\d{{1,2}}{_GAP}){{0,2}}{_YYYY})"
    r"(?:[-_ tT]?\d{4}(?:\d{2})?)?(?!\d)"
    r"|(?<![^\W_])(?:tháng|thang|quý|quy|tuần|tuan|ngày|ngay|lần|lan|v)[\s._-]*(?:\d{1,2}|iv|i{1,3})(?![^\W_])"
    r"|\(\d{1,2}\)",
    re.IGNORECASE,
)
# In the name of a sheet besides: its number, its month, the day of its month.
_SHEET_PERIOD = re.compile(
    r"^(?:(?:sheet|trang tính|trang|tờ|page|t|q|kỳ|đợt|ngày)?[\s._-]*(?:\d{1,2}|iv|i{1,3})|năm)$"
    rf"|^\d{{1,2}}{_GAP}\d{{1,2}}$",
    re.IGNORECASE,
)
# In a title besides: the day of a signature, the word before a year, times of day, months in words, numbers of pages,
# rounds and documents, days without a year.
_TITLE_PERIOD = re.compile(
    r"(?<!\w)ngày[\W\d_]*tháng[\W\d_]*năm(?:[\W_]*(?:19|20)\d\d(?!\d))?"
    r"|(?<!\w)năm(?=\W*(?:19|20)\d\d(?!\d))"
    r"|(?<!\w)\d{1,2}(?:h(?:\d\d)?|\s*giờ(?:\s*\d{1,2}(?:\s*phút)?)?|:\d\d(?::\d\d)?)(?!\w)"
    r"|(?<!\w)tháng\s*(?:giêng|một|hai|ba|tư|năm|sáu|bảy|tám|chín|mười(?:\s+(?:một|hai))?|chạp)(?!\w)"
    r"|(?<!\w)(?:january|february|march|april|may|june|july|august|september|october|november|december)(?!\w)"
    r"|(?<!\w)(?:kỳ|đợt|trang|tờ|page|week)\s*\d{1,2}(?:\s*/\s*\d{1,2})?(?!\d)"
    r"|(?<!\w)số\s*[:.]?\s*\d+(?=\s*/)"
    r"|(?<![\w/.-])(?:0?[1-9]|[12]\d|3[01])\s*[-/]\s*(?:0?[1-9]|1[0-2])(?!\s*[-/.]?\d)"
)
_DIRECTIVES = {"%Y": r"\d{4}", "%j": r"\d{3}", **dict.fromkeys(("%m", "%d", "%H", "%M", "%S", "%y"), r"\d{2}")}
_PIECES = re.compile(rf"{re.escape(FILE)}|\*|%.|.", re.DOTALL)


def file_text(address: str, options: Options) -> str:
    """What stands for {file} in the name of a file, "" where the row does not use it. Raises SourceError."""
    pattern = options.file_name or (options.name_time if FILE in options.name_time else "")
    if not pattern and not options.uses_file:
        return ""
    name = normal_form("NFC", PurePosixPath(address).name)
    found = {
        match.groupdict().get("file", "")
        for is_greedy in (False, True)
        if (match := _expression(pattern or f"{FILE}.*", is_greedy=is_greedy).fullmatch(name))
    }
    if len(found) != 1:  # with "-" in the text and in the pattern there may be two ways to read it
        raise SourceError(SpreadsheetCode.FILE_NAME, name=shorten(name, 80), pattern=pattern)
    return found.pop()


def file_key(address: str, options: Options) -> str:
    """The key of {file} in the name of a file, "" where the row does not use it. Raises SourceError."""
    text = file_text(address, options) if options.uses_file else ""
    key = options.key_of(text) if text else ""
    if text and not key:
        raise SourceError(ParseCode.NAME_WITHOUT_LETTERS, name=shorten(text, 80))
    if options.is_unclear(text):
        raise SourceError(ParseCode.NAME_DAMAGED, name=shorten(text, 80))
    return key


def _expression(pattern: str, *, is_greedy: bool) -> re.Pattern[str]:
    repeat = "+" if is_greedy else "+?"
    parts = {FILE: f"(?P<file>.{repeat})", "*": ".*", **_DIRECTIVES}
    pieces = _PIECES.findall(normal_form("NFC", pattern))
    return re.compile("".join(parts.get(piece) or re.escape(piece) for piece in pieces), re.IGNORECASE | re.DOTALL)


def table_of(address: str, options: Options) -> str:
    """What is the same for all files of one table: {file}, or the name without its periods; "" for all files."""
    if options.uses_file:
        return options.spelling_of(file_text(address, options))
    if options.file_name:
        return ""
    path = PurePosixPath(normal_form("NFC", address).casefold())
    return _without_periods(str(path.with_suffix("")))


def table_of_sheet(name: str) -> str:
    """What is the same for all sheets of one table: the name without its period or number; "" for "Tháng 10", "Sheet1".

    It decides only where the row does not name the sheets.
    """
    text = normal_form("NFC", name).casefold()
    rest = _PERIOD.sub(" ", text).strip(" \t()[].,_-/")
    return "" if _SHEET_PERIOD.fullmatch(rest) else _without_periods(text)


def table_of_title(text: str) -> str:
    """What is the same for the titles of all sheets of one table: the text without its periods; "" for a mere period.

    "Báo cáo tháng 9 năm 2026" and "BÁO CÁO THÁNG 10/2026"; not "6 tháng đầu năm" and "9 tháng đầu năm".
    """
    return _without_periods(_TITLE_PERIOD.sub(" ", normal_form("NFC", text).casefold()))


def _without_periods(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", _PERIOD.sub(" ", text)).split())


def file_time(address: str, options: Options) -> datetime | None:
    """The time that the name of a file gives; None when the rows have times. Raises SourceError."""
    if not options.name_time:
        return None
    name, pattern = PurePosixPath(address).name, options.name_time
    if FILE in pattern:
        pattern = pattern.replace(FILE, file_text(address, options).replace("%", "%%"))
    try:
        moment = parse_timestamp(normal_form("NFC", name), pattern, options.zone_info)
    except ParseError:
        raise SourceError(SpreadsheetCode.FILE_NAME_TIME, name=shorten(name, 80), pattern=options.name_time) from None
    if not names_zone(name, options.name_time):
        options.note_local_time(name)
    return moment


def title_of_other_time(texts: Sequence[str], moment: datetime | None, *, has_month: bool) -> str:
    """The title above a table that names other months or years than the file, or "".

    "THÁNG 9 NĂM 2026" in one of October, "năm 2025" in one of 2026. `has_month`: whether the name of the file has one.
    """
    other_month = _title_of_other_month(texts, moment if has_month else None)
    return other_month or _title_of_other_year(texts, moment)


def _title_of_other_year(texts: Iterable[str], moment: datetime | None) -> str:
    titles = [text for text in (_SIGNATURE.sub(" ", text) for text in texts) if not _ACT.search(text)]
    named = [text for text in titles if _TITLE_YEAR.search(text)]
    if moment is None or any(int(year) == moment.year for text in titles for year in YEAR.findall(text)):
        return ""
    return next(iter(named), "")


def _title_of_other_month(texts: Iterable[str], moment: datetime | None) -> str:
    named = [
        (text, int(month), int(year)) for text in texts for day, month, year in TITLE_MONTH.findall(text) if not day
    ]
    if moment is None or any((moment.year, moment.month) == (year, month) for _, month, year in named):
        return ""
    return next((text for text, *_ in named), "")


def is_of_other_time(name: str, moment: datetime | None) -> bool:
    """Whether the name of a sheet has another month or year than the file: "Tháng 10" in one of November."""
    if moment is None:
        return False
    months = {int(month) for pattern in (MONTH, MONTH_OF_YEAR) for month in pattern.findall(name)}
    years = {int(year) for year in YEAR.findall(name)}
    return bool(months and moment.month not in months) or bool(years and moment.year not in years)
