"""Masking of personal data in free text: mail addresses, telephone and identity numbers, vehicle plates."""

import re

MASK = "•••"
_PATTERNS = (
    # Mail addresses. Bounded: a long word without an @ would take quadratic time.
    re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?<!\d)(?:\+?84|0)(?:[\s.\-]?\d){9,10}(?!\d)"),  # telephone numbers of Vietnam
    re.compile(r"(?<!\d)\d{12}(?!\d)|(?<!\d)\d{9}(?!\d)"),  # citizen identity numbers, new and old
    re.compile(r"(?<!\w)\d{2}[A-Z]\d?[\s\-]?\d{3}[.\s]?\d{2}(?!\d)"),  # vehicle plates
)


def mask_personal_data(text: str) -> str:
    """`text` with personal data replaced by MASK."""
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return text
