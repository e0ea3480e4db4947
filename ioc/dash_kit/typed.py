"""What a browser says was typed or chosen, as commands take it: a callback may be sent anything."""


def typed_text(value: object, max_length: int = 200) -> str:
    """Text that every database accepts as a value, stripped and cut; "" for what is no text."""
    text = value if isinstance(value, str) else ""
    return text.replace("\0", "").encode("utf-8", "replace").decode().strip()[:max_length]


def typed_choices(value: object) -> list[str]:
    """The values that are ticked; those that are no text are left out."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def typed_number(value: object) -> int:
    """The number of an entry; 0, which no entry has, for what no database holds as one."""
    return value if isinstance(value, int) and 0 < value < 2**63 else 0
