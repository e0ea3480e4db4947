"""Values of the five servers, as a function of the second: a restarted server offers the same values."""

from collections.abc import Iterator
from datetime import UTC, datetime

SERIES = 2  # of each source


def value_at(number: int, second: int) -> float:
    """The reading of a source's series at a whole second since 1970."""
    return (second * 7 + number * 13) % 97 + 0.5


def series_key(source: str, number: int) -> str:
    """The series of a source."""
    return f"{source}-{number}"


def time_of(second: int) -> datetime:
    """The second as a time."""
    return datetime.fromtimestamp(second, UTC)


def offered_values(source: str, begin: int, end: int, step: int) -> Iterator[tuple[str, int, float]]:
    """(series, second, value) of all readings that a source offers from `begin` to `end`, both included."""
    for second in range(-(-begin // step) * step, end + 1, step):
        for number in range(SERIES):
            yield series_key(source, number), second, value_at(number, second)
