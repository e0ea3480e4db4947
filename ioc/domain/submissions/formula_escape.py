"""Text that leaves the house in a table file: what a spreadsheet would take for a formula is marked as text."""

FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n")


def escape_formula(value: object) -> object:
    """`value`, a text that begins like a formula with an apostrophe before it. Numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_PREFIXES) else value
