"""Numbers and addresses of persons in texts that strangers wrote: replaced before anything is kept to be shown."""

import re

MASK = "•••"
_PATTERNS = (
    # Mail. Bounded, else a long word without an @ would take the square of its length.
    re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?<!\d)(?:\+?84|0)(?:[\s.\-]?\d){9,10}(?!\d)"),  # telephone of Vietnam
    re.compile(r"(?<!\d)\d{12}(?!\d)|(?<!\d)\d{9}(?!\d)"),  # citizen's identity card, new and old
    re.compile(r"(?<!\w)\d{2}[A-Z]\d?[\s\-]?\d{3}[.\s]?\d{2}(?!\d)"),  # plate of a vehicle
)


def mask_personal_data(text: str) -> str:
    """`text` with mail addresses, telephone and identity numbers and plates replaced."""
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return text
