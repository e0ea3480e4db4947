"""The kind of a document as its number states it: "97/KH-UBND" is a plan."""

import re
from collections.abc import Mapping

from ioc.domain.base.slug import fold

_KINDS: Mapping[str, str] = {
    "qd": "quyết định", "kh": "kế hoạch", "tb": "thông báo", "tbkl": "thông báo kết luận", "ct": "chỉ thị",
    "nq": "nghị quyết", "nd": "nghị định", "da": "đề án", "ttr": "tờ trình", "cv": "công văn",
}  # fmt: skip
_SYMBOL = re.compile(r"[0-9]+[a-z]?/(?:[0-9]{4}/)?([a-z]+)")


def kind_of_number(number: str, otherwise: str) -> str:
    """The kind that the number states, else `otherwise`: that of an official letter names an agency ("12/UBND-KT").

    Notices of conclusions have the symbol of notices: where those are expected, it is one.
    """
    match = _SYMBOL.match("".join(fold(number).split()))
    kind = _KINDS.get(match[1]) if match else None
    if kind is None or (kind == "thông báo" and otherwise == "thông báo kết luận"):
        return otherwise
    return kind
