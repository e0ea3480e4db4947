"""Text of a feed: the format lets a producer send other bytes than UTF-8, and the library hands them over as bytes."""


def to_text(value: str | bytes) -> str:
    """`given` as text, with a mark for what is none."""
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")
