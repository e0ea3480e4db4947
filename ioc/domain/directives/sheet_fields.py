"""What the columns of an office's own sheet of tasks hold, guessed from their headings."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from ioc.domain.base.slug import fold


class SheetField(StrEnum):
    """What a column holds. Those of a task are named as in TypedTask."""

    NUMBER = "number"
    ISSUED = "issued"
    ABSTRACT = "abstract"
    ISSUER = "issuer"
    SECRECY = "secrecy"
    TITLE = "title"
    LEAD = "lead"
    COORDINATING = "coordinating"
    DUE = "due"
    PRODUCT = "product"
    NOTE = "note"
    PLACE = "place"
    HORIZON = "horizon"
    EXTERNAL_ID = "external_id"


DOCUMENT_FIELDS = (SheetField.NUMBER, SheetField.ISSUED, SheetField.ABSTRACT, SheetField.ISSUER)
# Words of a heading, folded; the longest that occurs in it decides.
_WORDS: Mapping[SheetField, tuple[str, ...]] = {
    SheetField.NUMBER: (
        "so van ban", "so ky hieu", "so, ky hieu", "so hieu", "so vb", "so cong van", "van ban giao", "van ban chi dao",
        "document number",
    ),
    SheetField.ISSUED: (
        "ngay van ban", "ngay ban hanh", "ngay vb", "ngay ky", "ngay thang van ban", "ngay, thang", "date of document",
        "issued",
    ),
    SheetField.ABSTRACT: ("trich yeu", "ten van ban", "abstract"),
    SheetField.ISSUER: ("co quan ban hanh", "noi ban hanh", "don vi ban hanh", "issuer", "issued by"),
    SheetField.SECRECY: ("do mat", "muc do mat", "secrecy"),
    SheetField.TITLE: ("nhiem vu", "noi dung", "noi dung nhiem vu", "noi dung chi dao", "cong viec", "task"),
    SheetField.LEAD: (
        "chu tri", "co quan thuc hien", "don vi thuc hien", "co quan duoc giao", "don vi duoc giao", "don vi chu tri",
        "co quan chu tri", "lead",
    ),
    SheetField.COORDINATING: ("phoi hop", "co quan phoi hop", "don vi phoi hop", "coordinating"),
    SheetField.DUE: (
        "thoi han", "han hoan thanh", "thoi gian hoan thanh", "han xu ly", "thoi gian thuc hien", "thoi han hoan thanh",
        "thoi han thuc hien", "ngay hoan thanh", "thang hoan thanh", "due",
    ),
    SheetField.PRODUCT: ("san pham", "ket qua dau ra", "product"),
    SheetField.NOTE: ("ghi chu", "note"),
    SheetField.PLACE: ("dia ban", "dia diem", "noi thuc hien", "xa, phuong", "phuong, xa", "place"),
    SheetField.HORIZON: ("ky han", "horizon"),
    SheetField.EXTERNAL_ID: ("ma nhiem vu", "ma so nhiem vu", "ma so", "ma cong viec", "task id", "external id"),
}  # fmt: skip
_OTHER = ("ky han bao cao",)  # of columns that are not read: how often is reported
# Abbreviations that offices use in headings, folded.
_SHORT: Mapping[str, str] = {
    "vb": "van ban", "kh": "ky hieu", "k/h": "ky hieu", "cq": "co quan", "dv": "don vi", "d/v": "don vi",
    "th": "thuc hien", "t/h": "thuc hien", "ld": "lanh dao", "nd": "noi dung", "n.dung": "noi dung", "nv": "nhiem vu",
    "bh": "ban hanh", "b/h": "ban hanh", "sp": "san pham", "s.pham": "san pham", "h.thanh": "hoan thanh",
    "ht": "hoan thanh", "t.gian": "thoi gian", "t.han": "thoi han", "c.tri": "chu tri", "p.hop": "phoi hop",
    "t.yeu": "trich yeu", "g.chu": "ghi chu",
}  # fmt: skip
# These say so in a heading of agencies alone.
_SHORT_OF_AGENCIES: Mapping[str, str] = {"ct": "chu tri", "ph": "phoi hop", "c/t": "chu tri", "p/h": "phoi hop"}
_TOKEN = re.compile(r"[0-9a-z]+(?:[./][0-9a-z]+)*")


def _words(heading: str) -> str:
    """A heading as it is compared: folded, without signs, its abbreviations written out."""
    tokens = [part for token in _TOKEN.findall(fold(heading)) for part in _whole(token)]
    text = " ".join(_SHORT.get(token, token) for token in tokens)
    if re.match(r"(?:co quan|don vi) ", text):
        text = " ".join(_SHORT_OF_AGENCIES.get(word, word) for word in text.split())
    return text


def _whole(token: str) -> list[str]:
    return [token] if token in _SHORT or token in _SHORT_OF_AGENCIES else re.split("[./]", token)


_PATTERNS = sorted(
    (
        *((_words(words), sheet_field) for sheet_field, many in _WORDS.items() for words in many),
        *((_words(words), None) for words in _OTHER),
    ),
    key=lambda pair: -len(pair[0]),
)


def _guess(heading: str) -> tuple[int, SheetField | None]:
    """What a column with this heading holds, and how many characters say so; 0 and None where none do."""
    written = f" {_words(heading)} "
    for words, sheet_field in _PATTERNS:
        if f" {words} " in written:
            return len(words), sheet_field
    return 0, None


def guess_fields(headings: Sequence[str]) -> dict[int, SheetField]:
    """The columns whose headings say what they hold; of several for one field, the one that says it best."""
    guesses = sorted(((*_guess(heading), column) for column, heading in enumerate(headings)), key=lambda each: -each[0])
    found = dict[SheetField, int]()
    for length, sheet_field, column in guesses:
        if length and sheet_field is not None:
            found.setdefault(sheet_field, column)
    return dict(sorted((column, sheet_field) for sheet_field, column in found.items()))


def headings_mark(headings: Sequence[str]) -> str:
    """The same for the headings of the same form: by it what was chosen for its columns is remembered."""
    return "|".join(" ".join(fold(heading).split()) for heading in headings)
