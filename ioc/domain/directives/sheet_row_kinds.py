"""Which rows of a sheet are tasks: titles of groups, totals and signatures are not."""

import re
from collections.abc import Sequence

from ioc.domain.base.slug import fold

_GROUP_MARK = re.compile(r"(?:[IVXLC]+|[A-ZĐ])[.)]?")  # numbers the groups of tasks: I, II, A
_TOTAL = re.compile(r"(?:tong cong|tong so|tong|cong)(?: (?:muc|phan|nhom) [a-z0-9]+)?(?:[:.(].*| [0-9].*)?")
_SIGNATURE = re.compile(
    r"(?:nguoi lap|lap bang|lap bieu|ke toan|thu truong|noi nhan|chu tich|pho chu tich|chanh van phong"
    r"|pho chanh van phong|giam doc|pho giam doc|\(?ky[, ]|(?:tm|kt|tl|tuq)\. ?|[^,0-9]{2,40}, ngay )"
)


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
