"""Text of a feed. protobuf returns bytes for strings that are not UTF-8, which producers do send."""


def to_text(value: str | bytes) -> str:
    """`value` as text, with U+FFFD for bytes that are not UTF-8."""
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")
