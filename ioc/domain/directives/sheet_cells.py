"""What cells and rows of a sheet say: days, kinds of documents by their numbers, rows that are no tasks."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from ioc.domain.base.failure import Failure
from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.slug import fold
from ioc.domain.directives.due_words import parse_written_day
from ioc.domain.directives.sheet_errors import SheetCode

_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?", re.ASCII)
_DAY_ZERO = date(1899, 12, 30)  # of the numbers of days in .xlsx and .ods
# A number of days is read in a column of days alone, and between these years: a cell without the format of a day
# holds it there, and hardly anything else.
_FIRST, _LAST = (date(2000, 1, 1) - _DAY_ZERO).days, (date(2050, 1, 1) - _DAY_ZERO).days
_MAX_QUOTED, _MAX_HEADING = 80, 60  # characters
# Abbreviations of the kinds of documents that give tasks (Nghị định 30/2020/NĐ-CP, annex III, with those of laws and of
# the Party). Some differ in "đ" alone; "DA" is a project, and a scheme (ĐA) without its accent: it states none.
_KINDS: Mapping[str, str] = {
    "nq": "nghị quyết", "qđ": "quyết định", "ct": "chỉ thị", "qc": "quy chế", "qyđ": "quy định",
    "tb": "thông báo", "hd": "hướng dẫn", "ctr": "chương trình", "kh": "kế hoạch", "pa": "phương án", "đa": "đề án",
    "bc": "báo cáo", "bb": "biên bản", "ttr": "tờ trình", "hđ": "hợp đồng", "cđ": "công điện",
    "tbkl": "thông báo kết luận", "nđ": "nghị định", "tt": "thông tư", "kl": "kết luận", "cv": "công văn",
    "qd": "quyết định", "nd": "nghị định",
}  # fmt: skip
_SYMBOL = re.compile(
    r"(?P<conclusion>(?:tb)?kl)?[0-9]+[a-z]?(?P<year>/[0-9]{4})?[/\-\u2010-\u2015](?P<kind>[a-zđ]+)(?:[/\-\u2010-\u2015](?P<issuer>[a-zđ]+))?"
)
# "CT" is a tax office too, whose letters have their unit behind it ("05/CT-TTHT"): a directive has its issuer there.
_ISSUERS = re.compile(r"(?:ct)?ubnd|hđnd|hdnd|ttg|[thqđ]u|tw|bcđ|[bs][a-zđ]+")
_NUMBER_OF_DOCUMENT = re.compile(r"[0-9]\s*[/\-\u2010-\u2015]\s*\w")
_GROUP_MARK = re.compile(r"(?:[IVXLC]+|[A-ZĐ])[.)]?")  # numbers the groups of tasks: I, II, A
_TOTAL = re.compile(r"(?:tong cong|tong so|tong|cong)(?: (?:muc|phan|nhom) [a-z0-9]+)?(?:[:.(].*| [0-9].*)?")
_SIGNATURE = re.compile(
    r"(?:nguoi lap|lap bang|lap bieu|ke toan|thu truong|noi nhan|chu tich|pho chu tich|chanh van phong"
    r"|pho chanh van phong|giam doc|pho giam doc|\(?ky[, ]|(?:tm|kt|tl|tuq)\. ?|[^,0-9]{2,40}, ngay )"
)


class ReadDay(NamedTuple):
    """`is_serial`: the cell holds the number of a day."""

    day: date
    is_serial: bool = False


def read_day(text: str) -> ReadDay | None:
    """The day that a cell of a column of days holds; None for what is no day."""
    if text.isascii() and text.isdigit() and len(text) == len(str(_LAST)) and _FIRST <= int(text) < _LAST:
        return ReadDay(_DAY_ZERO + timedelta(days=int(text)), is_serial=True)
    day = parse_written_day(text)
    return ReadDay(day) if day else None


def day_failure(text: str) -> Failure:
    """Why a cell of a column of days is not understood: a bare number may be a day that has lost its format."""
    code = SheetCode.DAY_NUMBER if _NUMBER.fullmatch(text) else SheetCode.NOT_A_DAY
    return Failure(code, {"text": text[:_MAX_QUOTED]})


def kind_of_number(number: str) -> str:
    """The kind that the number states, "" for none: that of an official letter names an agency ("12/UBND-KT").

    "KL 18/TB-UBND" is a notice of conclusions. "TT" is a circular behind the year alone ("12/2024/TT-BTC"): offices
    write it for other things too.
    """
    match = _SYMBOL.match("".join(normal_form("NFC", number).casefold().split()))
    if match is None or (match["kind"] == "tt" and not match["year"]):
        return ""
    if match["kind"] == "ct" and match["issuer"] and not _ISSUERS.fullmatch(match["issuer"]):
        return ""
    kind = _KINDS.get(match["kind"], "")
    return _KINDS["tbkl"] if match["conclusion"] and kind == _KINDS["tb"] else kind


def kind_of_document(number: str, otherwise: str) -> str:
    """The kind that the number states, else `otherwise`.

    Notices of conclusions have the symbol of notices: where those are expected, it is one.
    """
    kind = kind_of_number(number)
    return otherwise if not kind or (kind == "thông báo" and otherwise == "thông báo kết luận") else kind


def may_be_heading(text: str) -> bool:
    """Whether a text may name a column: it is short, with a letter, and neither a day nor the number of a document."""
    is_short = len(text) <= _MAX_HEADING and any(map(str.isalpha, text)) and not is_group_mark(text)
    return is_short and parse_written_day(text) is None and not _NUMBER_OF_DOCUMENT.search(text)


def is_group_mark(text: str) -> bool:
    """Whether a text numbers a group of tasks."""
    return bool(_GROUP_MARK.fullmatch(text.strip()))


def is_total(cells: Sequence[str]) -> bool:
    """Whether a row counts those above it: its first text is "Tổng cộng", "Cộng mục I: 90 nhiệm vụ"."""
    first = next((cell for cell in cells if cell.strip()), "")
    return bool(_TOTAL.fullmatch(_folded(first)))


def is_signature(cells: Sequence[str]) -> bool:
    """Whether all that a row says is who made or signed the sheet, where and when."""
    texts = [_folded(cell) for cell in cells if cell.strip()]
    return bool(texts) and all(_SIGNATURE.match(text) for text in texts)


def _folded(text: str) -> str:
    return " ".join(fold(text).split())
