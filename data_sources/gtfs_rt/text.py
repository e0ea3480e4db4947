"""Text of a feed: the format lets a producer send other bytes than UTF-8, and the library hands them over as bytes."""


def text(given: str | bytes) -> str:
    """`given` as text, with a mark for what is none."""
    return given if isinstance(given, str) else bytes(given).decode("utf-8", "replace")
