"""Names of files that people and other systems send, with personal data masked."""

import re

from ioc.domain.base.text import clean_text
from ioc.domain.events.pii_masking import MASK, mask_personal_data

# Of the name of a file: no other one is known to be none of a mail address.
_ENDING = re.compile(r"csv|docx|jpe?g|ods|odt|pdf|png|txt|xlsx?", re.ASCII | re.IGNORECASE)
_UNDERSCORE = re.compile(r"(?<=[^\W\d_])_|_(?=[^\W\d_])")  # beside a letter
_LONGEST_NAME = 4_000  # characters of the name of a file that are looked at, from its end


def mask_file_name(name: str, max_length: int) -> str:
    """The name of a file without its folders, of its stem at most `max_length` characters, masked; the ending stays."""
    base = clean_text(name[-_LONGEST_NAME:].replace("\\", "/").rpartition("/")[2]).strip()
    stem, point, ending = base.rpartition(".")
    if not point or not _ENDING.fullmatch(ending):
        return _mask_stem(base, max_length)
    return f"{_mask_stem(stem, max_length)}.{ending}"


def _mask_stem(stem: str, max_length: int) -> str:
    """With blanks for the underscores of its words where it holds personal data: "hộ_chiếu_B1234567"."""
    masked = mask_personal_data(stem)  # cut at the end: a part of a number would not be known
    spaced = mask_personal_data(_UNDERSCORE.sub(" ", masked))
    return (spaced if MASK in spaced else masked)[:max_length]
