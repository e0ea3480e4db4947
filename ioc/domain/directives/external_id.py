"""Ids that other systems and sheets give to documents, tasks and acts: none holds personal data."""

import re

from ioc.domain.events.pii_masking import mask_key

_MAX = 200  # characters of an id
# Ids that programs make, in which digits may look like personal numbers: UUIDs and other hexadecimal ones.
_HEXADECIMAL = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9]*[a-f])[0-9a-f]{16,64}", re.ASCII | re.IGNORECASE
)
# Letters before the number of a document, but no word for a personal number.
_PREFIX = re.compile(r"(?!stk|cm|cccd|bh|mst|gplx|sdt|sđt|tel|dt|đt|tk)[a-zđ]{1,12}[-_./]?(?=[0-9])", re.IGNORECASE)


def is_personal_id(external_id: str) -> bool:
    """Whether an id holds what looks like personal data. The numbers of reports do not, as in `mask_key`."""
    if _HEXADECIMAL.fullmatch(external_id):
        return False
    prefix = _PREFIX.match(external_id)
    number = external_id[prefix.end() :] if prefix else external_id
    masked = mask_key(number, _MAX)
    return masked != number or (not number.isdecimal() and mask_key(external_id, _MAX) != external_id)
