"""Text that leaves the house in a table file: what a spreadsheet would take for a formula is marked as text."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(value: object) -> object:
    """`value`, a text that begins like a formula with an apostrophe before it. Numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
