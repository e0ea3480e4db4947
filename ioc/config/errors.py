"""What is wrong in a configuration: where, what, and what would be right. All of it is told at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """`file` as it was opened, `line` from 1 (0: the whole file), `instead`: what would be right, "" if unclear."""

    file: str
    line: int
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}" + (f" → {self.suggestion}" if self.suggestion else "")


class ConfigError(Exception):
    """The configuration cannot be used. `faults` is never empty."""

    def __init__(self, faults: Iterable[ConfigFault]) -> None:
        self.faults = tuple(sorted(set(faults), key=lambda one: (one.file, one.line, one.message)))
        super().__init__("\n".join(str(one) for one in self.faults))


def closest_match(value: object, known: Iterable[str]) -> str:
    """What was probably meant by `given`, "" if nothing is near."""
    return next(iter(get_close_matches(str(value)[:200], sorted(known), n=1, cutoff=0.6)), "")


def suggest(value: object, known: Iterable[str], prefix: str = "known are: ") -> str:
    """What was probably meant by `given`, else what there is to choose from."""
    names = sorted({name for name in known if name})
    close = closest_match(value, names)
    if close:
        return f"did you mean {close!r}?"
    if not names:
        return ""
    return prefix + ", ".join(names[:12]) + (f", … ({len(names)} in all)" if len(names) > 12 else "")
