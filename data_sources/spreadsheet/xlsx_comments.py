"""The comments of the cells of an xlsx workbook. Source: ECMA-376 part 1, 18.7 (comments), and part 2 (relations)."""

import posixpath
import re
from collections.abc import Mapping
from zipfile import ZipFile

from data_sources.spreadsheet.sheet_details import MAX_COMMENT, SheetDetails, XmlHandler, local_name
from ioc.domain.base.cell_address import column_number

_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_MAX_DIGITS = 9  # of the number of an author
_THREADED, _TEXT_OF_THREAD = "[Threaded comment]", "Comment:"  # what stands before the text for older programs


def read_xlsx_comments(book: ZipFile, sheet: str, members: Mapping[str, str], details: SheetDetails) -> None:
    """Add the comments of a sheet to its `details`. `sheet`: its part below xl/; `members`: names of the parts."""
    folder, name = posixpath.split(sheet)
    relations = members.get(f"{folder}/_rels/{name}.rels")
    if relations is None:
        return
    for target in _Relations(book.read(relations)).comments:
        absolute = target if target.startswith("/") else f"/xl/{folder}/{target}"
        part = posixpath.normpath(absolute.casefold()).removeprefix("/xl/")
        if part in members:
            _Comments(book.read(members[part]), details)


class _Relations(XmlHandler):
    """`comments`: the targets of the relations to comments."""

    def __init__(self, body: bytes) -> None:
        self.comments: list[str] = []
        self.feed(body)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if local_name(name) == "Relationship" and attributes.get("Type", "").endswith("/comments"):
            self.comments.append(attributes.get("Target", "").replace("\\", "/"))


class _Comments(XmlHandler):
    def __init__(self, body: bytes, details: SheetDetails) -> None:
        self._details = details
        self._ref = self._text = self._author = ""
        self._authors: list[str] = []
        self._is_open = False
        self.feed(body)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if local_name(name) == "comment":
            self._ref, self._text = attributes.get("ref", ""), ""
            number = attributes.get("authorId", "")
            is_number = number.isascii() and number.isdecimal() and len(number) < _MAX_DIGITS
            self._author = self._authors[int(number)] if is_number and int(number) < len(self._authors) else ""
        if local_name(name) == "author":
            self._text = ""
        self._is_open = local_name(name) in ("t", "author")

    def text(self, piece: str) -> None:
        if self._is_open and len(self._text) < 2 * MAX_COMMENT:
            self._text += piece

    def end(self, name: str) -> None:
        self._is_open = False
        if local_name(name) == "author":
            self._authors.append(self._text)
        elif local_name(name) == "comment" and (cell := _CELL.fullmatch(self._ref)):
            text = self._text
            if text.startswith(_THREADED):
                text = text.rpartition(_TEXT_OF_THREAD)[2]
            self._details.add_comment(int(cell[2]) - 1, column_number(cell[1]), text, self._author)
