"""How much a thing asks for eyes."""

from enum import StrEnum


class Severity(StrEnum):
    """How much a level asks for eyes."""

    NORMAL = "normal"
    ATTENTION = "attention"
    CRITICAL = "critical"


RANK = {Severity.NORMAL: 0, Severity.ATTENTION: 1, Severity.CRITICAL: 2}
