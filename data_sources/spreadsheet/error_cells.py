"""Workbooks with error values that the library does not know (#SPILL!, #GETTING_DATA): it refuses the whole sheet."""

import re
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

# The attribute `t` of a cell with an error.
_ERROR_TYPE = re.compile(rb"""(<(?:\w+:)?c\b[^<>]*?\st=)(?:"e"|'e')""")
_MESSAGE = "cell error"  # in what the library says of such a value


class ErrorCells:
    """Reads the sheets of a workbook; one with an unknown error value is read with its errors as texts."""

    def __init__(self, book: Any, body: bytes) -> None:
        self._book, self._body = book, body
        self._with_texts: Any = None  # the workbook with errors as texts, once a sheet needed it

    def sheet(self, name: str) -> Any:
        """The sheet as the library gives it. Raises what the library raises."""
        try:
            return self._book.get_sheet_by_name(name)
        except Exception as error:
            if _MESSAGE not in str(error).casefold():
                raise
        self._with_texts = self._with_texts or _book_with_texts(self._body)
        return self._with_texts.get_sheet_by_name(name)


def _book_with_texts(body: bytes) -> Any:
    from python_calamine import CalamineWorkbook

    changed = BytesIO()
    with ZipFile(BytesIO(body)) as book, ZipFile(changed, "w", ZIP_DEFLATED) as copy:
        for member in book.infolist():
            copy.writestr(member.filename, _ERROR_TYPE.sub(rb'\1"str"', book.read(member)))
    return CalamineWorkbook.from_filelike(BytesIO(changed.getvalue()))
