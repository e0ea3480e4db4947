"""Unicode normal forms in time that grows with the text.

`unicodedata.normalize` sorts the combining marks of each letter by insertion: a run of n marks takes n² steps in one
call that keeps the interpreter, so that no deadline ends it. The Stream-Safe Text Format bounds a run at 30 marks, more
than any writing needs: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
"""

import re
import unicodedata
from typing import Literal

MAX_MARKS = 30  # combining marks in a row
_MARKS = "".join(filter(unicodedata.combining, map(chr, range(0x300, 0x20000))))  # the planes above have none
_LONG_RUN = re.compile(f"([{re.escape(_MARKS)}]{{{MAX_MARKS}}})[{re.escape(_MARKS)}]+")


def normal_form(form: Literal["NFC", "NFD", "NFKC"], text: str) -> str:
    """`text` in a normal form of Unicode; of a run of combining marks the first MAX_MARKS."""
    return text if text.isascii() else unicodedata.normalize(form, _LONG_RUN.sub(r"\1", text))
