"""Ids that others give to documents, tasks, acts and events, and links: none is stored with personal data."""

import hmac
import re
from urllib.parse import unquote_plus

from ioc.domain.events.pii_masking import mask_key, mask_start
from ioc.domain.events.pii_patterns import HEXADECIMAL

_MAX = 200  # characters of an id
_HEXADECIMAL = re.compile(HEXADECIMAL)
# A number within an id that is longer than telephone numbers and begins like none; no card, which begins with 3 to 6.
_LONG_NUMBER = re.compile(r"(?<![0-9+])(?!84|0)(?:[0-9]{10,15}|[12][0-9]{15}|[0-9]{17,})(?![0-9])")
_MAX_MASKED = 150  # characters of a masked id before its digest
_LETTERS = bytes.maketrans(b"0123456789", b"ghijklmnop")  # in a digest: digits could look like personal numbers
_WORDS = "stk|cm|cccd|bh|mst|gplx|sdt|sđt|tel|dt|đt|tk"  # begin words for personal numbers
# Such a word before a number, or the sign of a mail address.
_NAMED = re.compile(rf"(?<![^\W_])(?:{_WORDS})[^\W\d_]{{0,4}}[-_=:/. ]{{0,3}}(?=\d)|(?<=[\w.+-])@", re.IGNORECASE)
# Letters before the number of a document.
_PREFIX = re.compile(rf"(?!{_WORDS})[a-zđ]{{1,12}}[-_./]?(?=[0-9])", re.IGNORECASE)


def is_personal_id(external_id: str) -> bool:
    """Whether an id holds what looks like personal data. The numbers of reports do not, as in `mask_key`."""
    if _HEXADECIMAL.fullmatch(external_id):
        return False
    prefix = _PREFIX.match(external_id)
    number = external_id[prefix.end() :] if prefix else external_id
    masked = mask_key(number, _MAX)
    return masked != number or (not number.isdecimal() and mask_key(external_id, _MAX) != external_id)


def hide_personal(event_id: str, key: bytes) -> str:
    """The id of an event; one that holds personal data masked, with a digest by which it stays one id.

    `key`: secret, for all telephone numbers can be tried. The same id gives the same text with every source.
    """
    if not _holds_personal_data(event_id):
        return event_id
    digest = hmac.digest(key, event_id.encode(), "sha256")[:6].hex().encode().translate(_LETTERS).decode()
    return f"{mask_start(event_id, _MAX_MASKED)}-{digest}"


def has_personal_data(link: str) -> bool:
    """Whether a link holds personal data, such as a telephone number in its query."""
    return _holds_personal_data(unquote_plus(link))


def _holds_personal_data(text: str) -> bool:
    is_named = text.isdecimal() or _NAMED.search(text)
    return is_personal_id(text if is_named else _LONG_NUMBER.sub("n", text))
