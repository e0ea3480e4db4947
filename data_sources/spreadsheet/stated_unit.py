"""The units that texts of a sheet state: "ĐVT: nghìn tấn", "Bảng mực nước (cm)", "Mực nước (cm)", "Diện tích (ha)"."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from data_sources.spreadsheet.options import Options
from data_sources.spreadsheet.rows_below_headings import is_unit
from data_sources.spreadsheet.unmerged_grid import displayed_text
from data_sources.spreadsheet.workbook import Cell
from ioc.domain.base.units import canonical_unit, is_count_unit, is_known_unit

_STATEMENT = re.compile(
    r"(?<!\w)(đvt|đơn vị(?: tính)?|units?)(?:\s*[:：]\s*([^()\[\]:]*)|\s+([^()\[\]:]+)|$)", re.IGNORECASE
)
# In a note: "mực nước tính bằng cm; số liệu …", "levels are given in cm".
_SAID = re.compile(
    r"(?<!\w)(?:(?:tính|đo|ghi|biểu thị|thể hiện)\s+(?:bằng|theo)|(?:given|measured|expressed|values|levels)"
    r"(?:\s+are)?\s+in)\s+([^,;:.()\[\]]+)",
    re.IGNORECASE,
)
_MAX_WORDS = 3  # of a unit in a note: "nghìn mét khối"
_AMBIGUOUS_LABEL = "đơn vị"  # also an organisation: "Đơn vị: Sở A"
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]+)[)\]]")
_AFTER_SIGN = re.compile(r"(?:[,;:=]\s*|\s[-–]\s+)([^,;:=()\[\]]{2,})$")
# "% so với kế hoạch", "Tỷ lệ % TH/KH", "Tăng %/năm"; not "trên 10% diện tích", unless it ends so: "so với tháng 8 %".
# "Thu hưởng 100%" stands in the forms of budgets for money.
_PERCENT = re.compile(r"(?:(?<!\d)(?<!\d\s)[%‰]|(?<!\b100)(?<!\b100\s)[%‰]$)(?:/[^\W\d]+)?(?!\w)")
# In the name of a row: how money is divided ("hưởng theo tỷ lệ %", "phân chia %"), and a number of per cent
# ("lãi suất 5%"), but for "so với tháng 8%".
_NO_UNIT_OF_NAME = re.compile(
    r"(?<!\w)(?:hưởng|theo|chia|điều tiết)(?:\s+(?:tỷ|tỉ)\s+lệ)?\s*(?:[%‰]|[(\[][%‰][)\]])"
    r"|(?<!tháng )(?<!quý )(?<!năm )(?<!kỳ )(?<![\w.,/])(?:100|\d{1,2}(?:[.,]\d+)?)[%‰]",
    re.IGNORECASE,
)
# A unit as signs: no word ends a heading so.
_SIGN = re.compile(
    r"(?:[cdmkµμu]?m[23²³]?|[mk]?l|m[Ll]|[mkµμun]?g|ha)(?:/(?:N?m[3³]|[lLshd]|giây|giờ|ngày|ha|km[2²]))?|kWh|hPa|°C"
)
# A number, and words for one or for "per": before a unit they say how much, "dưới 0,5 ha", "chi phí trên ha".
_AMOUNT = re.compile(r"[(x×<>≤≥=≈~±]*\d[\d.,/³⁶⁹^–-]*|[<>≤≥]=?|một|hai|ba|nửa|vài|trên|dưới|mỗi|từng", re.IGNORECASE)
_NUMBERED = frozenset({"tháng", "quý", "năm", "kỳ", "ngày", "số", "trạm", "đợt", "lần", "pm"})  # "Mưa tháng 8 mm"
_MULTIPLE = re.compile(
    r"(?:[x×]?\s*(?:10\^?[369³⁶⁹]|1[.,]?000(?:[.,]?000)*)|nghìn|ngàn|triệu|tỷ|tỉ|trăm)\s*[^\W\d].*", re.IGNORECASE
)
_LIST = re.compile(r"(?:(?<!\s)\s+)?[,;/]\s*|(?<!\s)\s+[-–và]+\s+")
_LABELS = re.compile(r"(?:đvt|đơn vị(?: tính)?|units?)\s*[:：]?\s*", re.IGNORECASE)
_SINGLE_LETTERS = frozenset("mglhs%‰")  # others number groups or stand for words
_PERIODS = ("giây", "phút", "giờ", "ngày", "tuần", "tháng", "quý", "năm")  # of which a value is: "Lượng mưa (ngày)"


class StatedUnits(NamedTuple):
    """`units`: the different units, with their spelling in the file; `row`, `column`: where the first one stands.

    `is_doubtful`: they may be those of another table above.
    """

    units: tuple[str, ...] = ()
    row: int = -1
    column: int = -1
    is_doubtful: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether one unit is stated, and for this table."""
        return len(self.units) == 1 and not self.is_doubtful


def unit_in_text(text: str, options: Options) -> str:
    """The unit that a heading or a label names: “(cm)”, “[mm]”, “(ĐVT: kg)”, “, mg/l”, “ - cm”, “%”, or "".

    One that is not known is returned where it is sure to be one, “(x1000 lượt)”, and several together: no unit is both.
    """
    words = [_LABELS.sub("", word, count=1).rstrip(".") for word in _in_brackets(text)]
    after_sign = [word for word in _AFTER_SIGN.findall(_last_part(text)) if not is_count_unit(word)]
    found = [word for word in [*words, *after_sign] if _is_unit_of_text(word, options)]
    multiples = [word for word in words if word not in found and (_MULTIPLE.match(word) or _is_rate(word, options))]
    percent = _PERCENT.search(_IN_BRACKETS.sub("", text).strip())
    stated = ", ".join(dict.fromkeys([*found, *multiples])).strip() or (percent[0] if percent else "")
    return stated or _unit_among_words(text, words, options)


def _unit_among_words(text: str, words: Sequence[str], options: Options) -> str:
    """The words in brackets of which the first or last is a unit ("cm nước"): together they are no known one.

    Else the sign of a unit with which the text ends: "Mực nước cm".
    """
    for word in words:
        parts = word.split()
        is_first = len(parts) > 1 and (parts[0] == "m" or _is_sign(parts[0], options))
        if (is_first and not any(sign in word for sign in "<>≤≥")) or _end_in_unit(parts, options):
            return word
    last = _IN_BRACKETS.sub("", text).split()
    return last[-1] if _end_in_unit(last, options) else ""


def _end_in_unit(words: Sequence[str], options: Options) -> bool:
    """Whether the last of several words is the sign of a unit, and no number stands before it, as in a threshold."""
    if len(words) < 2 or not _is_sign(words[-1], options):
        return False
    is_numbered = len(words) > 2 and words[-3].casefold() in _NUMBERED
    return is_numbered or not _AMOUNT.fullmatch(words[-2])


def _is_sign(word: str, options: Options) -> bool:
    """Whether a word can be nothing but a unit: its sign, of more than a letter ("cm", "m3/s", "mg/L"), no word."""
    return len(word) > 1 and bool(_SIGN.fullmatch(word)) and is_unit(word, options)


def unit_in_name(text: str, options: Options) -> str:
    """The unit that the name of a row names, as `unit_in_text`; a sign that belongs to its words is none."""
    return unit_in_text(_NO_UNIT_OF_NAME.sub("", text).strip(), options)


def _in_brackets(text: str) -> list[str]:
    return [word for found in _IN_BRACKETS.findall(text) if (word := found.strip())]


def _last_part(text: str) -> str:
    """The end of the text from its last sign or bracket on: a unit contains none, and no search goes further back."""
    return text[max(0, *map(text.rfind, ",;:()[]")) :]


def _is_rate(word: str, options: Options) -> bool:
    parts = word.split("/")
    return len(parts) > 1 and all(part.casefold() in _PERIODS or is_unit(part.strip(), options) for part in parts)


def _is_unit_of_text(word: str, options: Options) -> bool:
    is_meant = len(word) > 1 or word in _SINGLE_LETTERS
    return word in options.units or (is_meant and word.casefold() not in _PERIODS and is_unit(word, options))


def find_stated_units(rows: Sequence[Sequence[Cell]], above: range, options: Options) -> StatedUnits:
    """The units stated in the rows `above`, down to the last row of headings, whose cells are no statements of units.

    Where they state none, those that the rows before them state for another table.
    """
    stated = _stated_in(rows, above, options)
    return stated if stated.units else _stated_in(rows, range(above.start), options)._replace(is_doubtful=True)


def _stated_in(rows: Sequence[Sequence[Cell]], part: range, options: Options) -> StatedUnits:
    found = [
        (text, row, column)
        for row in part
        for text, column, _ in unit_statements(rows[row], options, is_heading=row == part[-1])
    ]
    different = {_identity(text, options): text for text, *_ in reversed(found)}
    return StatedUnits(tuple(reversed(different.values())), *found[0][1:]) if found else StatedUnits()


def unit_statements(
    cells: Sequence[Cell], options: Options, *, is_heading: bool = False
) -> Iterator[tuple[str, int, bool]]:
    """The units that a row states, with their columns, and whether a word such as "Đơn vị tính" says so."""
    texts = [(column, displayed_text(cell)) for column, cell in enumerate(cells) if isinstance(cell, str)]
    for place, (column, text) in enumerate(texts):
        is_title = len(texts) == 1 and not is_heading
        for match in _STATEMENT.finditer(text):
            beside = texts[place + 1][1] if place + 1 < len(texts) and not is_heading else ""
            unit = (match[3] or match[2] or beside).strip(" .;")
            if match[2] is None and not is_unit(unit, options):
                continue  # without a colon it may be a sentence
            named = any(_is_unit_of_text(part, options) for part in (unit, *_LIST.split(unit)))
            if unit and (match[1].casefold() != _AMBIGUOUS_LABEL or named):
                yield unit, column, True
        for word in _in_brackets(text) if is_title else ():
            if is_unit(word, options):
                yield word, column, False


def unit_of_comment(text: str, options: Options) -> str:
    """The unit that a comment states, or is; one that it mentions, as "±2 cm", is not that of the values."""
    stated = next((unit for unit, *_ in unit_statements([text], options)), "")
    bare = text.strip(" ()[]")
    return stated or (bare if is_known_unit(bare) else "")


def units_in_sentences(cells: Sequence[Cell], options: Options) -> list[str]:
    """The units that sentences of a row name: "mực nước tính bằng cm". They may contradict a unit, and state none."""
    found = (match[1] for cell in cells if isinstance(cell, str) for match in _SAID.finditer(displayed_text(cell)))
    return [unit for words in found if (unit := _first_unit(words, options))]


def _first_unit(words: str, options: Options) -> str:
    """The longest unit with which a text begins, "" for none; what may be a word is none: a letter, "năm", "máy"."""
    parts = words.split()[:_MAX_WORDS]
    starts = (" ".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((text for text in starts if _is_unit_of_text(text, options) and not is_count_unit(text)), "")


def _identity(text: str, options: Options) -> str:
    """What is the same for two spellings of a unit."""
    unit = options.units.get(text, text)
    return canonical_unit(unit) if is_known_unit(unit) else text
