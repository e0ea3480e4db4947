"""Severity of a limit, an alert or a condition, and the order of severities."""

from enum import StrEnum


class Severity(StrEnum):
    """How much attention something needs."""

    NORMAL = "normal"
    ATTENTION = "attention"
    CRITICAL = "critical"


RANK = {Severity.NORMAL: 0, Severity.ATTENTION: 1, Severity.CRITICAL: 2}
