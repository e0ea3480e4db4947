"""Faults of a configuration: where, what is wrong, what would be right. All of them are reported at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from ioc.domain.base.failure import ErrorCode, Failure, Parameter
from ioc.domain.base.units import closest_unit

_MAX_NAMES = 12  # names listed in a suggestion


class ConfigCode(ErrorCode):
    """Faults of files, folders and single values, and suggestions. Texts: components/messages/errors/config.toml.

    A number that is typed into a file is a parameter of type str: it is shown as it is typed there.
    """

    # Files and folders.
    UNREADABLE = "config.unreadable"  # cause
    TOO_LARGE = "config.too_large"  # limit: bytes
    NOT_UTF8 = "config.not_utf8"
    FOLDER_MISSING = "config.folder_missing"
    EXTENDED_FOLDER_MISSING = "config.extended_folder_missing"  # folder
    EXTENDS_IN_A_CIRCLE = "config.extends_in_a_circle"
    ROWS_EXPECTED = "config.rows_expected"
    ROWS_HIDDEN = "config.rows_hidden"  # names, n
    CITY_EXPECTED = "config.city_expected"
    # Keys and values.
    KEY_UNKNOWN = "config.key_unknown"  # key
    KEY_MISSING = "config.key_missing"  # key
    KEY_TAKEN = "config.key_taken"  # field, key, place
    NOT_AN_ID = "config.not_an_id"  # value
    NOT_A_BOOLEAN = "config.not_a_boolean"
    NOT_AN_INTEGER = "config.not_an_integer"
    NOT_A_NUMBER = "config.not_a_number"
    NOT_A_TEXT = "config.not_a_text"
    NOT_A_LIST = "config.not_a_list"
    NOT_A_MAPPING = "config.not_a_mapping"
    NOT_A_DATE = "config.not_a_date"
    NOT_ONE_OF = "config.not_one_of"  # known
    NOT_ABOVE = "config.not_above"  # limit
    BELOW_MINIMUM = "config.below_minimum"  # limit
    NOT_BELOW = "config.not_below"  # limit
    ABOVE_MAXIMUM = "config.above_maximum"  # limit
    TOO_SHORT = "config.too_short"  # limit
    TOO_LONG = "config.too_long"  # limit
    PATTERN_MISMATCH = "config.pattern_mismatch"  # pattern
    INVALID_VALUE = "config.invalid_value"  # external: what pydantic says
    # Suggestions.
    DID_YOU_MEAN = "config.did_you_mean"  # name
    KNOWN_NAMES = "config.known_names"  # names, n
    LIST_OF_UNITS = "config.list_of_units"
    CHOOSE_ANOTHER_KEY = "config.choose_another_key"
    ID_FORM = "config.id_form"
    LIST_FORM = "config.list_form"
    KEEP_THE_ROWS = "config.keep_the_rows"
    PUT_IN_QUOTES = "config.put_in_quotes"
    SAVE_AS_UTF8 = "config.save_as_utf8"
    SPLIT_THE_FILE = "config.split_the_file"
    SET_CONFIG_OR_PROFILE = "config.set_config_or_profile"


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """`file` as it was opened, `line` from 1 (0: the whole file), `field`: path of the value within its row or file,
    "" where the failure names it. `suggestion`: what would be right, None if unclear.
    """

    file: str
    line: int
    failure: Failure
    suggestion: Failure | None = None
    field: str = ""

    @property
    def place(self) -> str:
        """File, line and field as they stand before a message."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}" if self.field else place

    def __str__(self) -> str:
        return f"{self.place}: {self.failure}" + (f" → {self.suggestion}" if self.suggestion else "")


class ConfigError(Exception):
    """The configuration cannot be used. `faults` is never empty, in the order of files and lines."""

    def __init__(self, faults: Iterable[ConfigFault]) -> None:
        self.faults = tuple(sorted(set(faults), key=lambda fault: (fault.file, fault.line, str(fault))))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def group_equal(faults: Iterable[ConfigFault]) -> list[list[ConfigFault]]:
    """Faults with one failure, suggestion and name of the field together, in the order of the first ones."""
    groups: dict[tuple[object, ...], list[ConfigFault]] = {}
    for fault in faults:
        field = [part for part in fault.field.split(".") if not part.isdigit()]
        groups.setdefault((fault.failure, fault.suggestion, *field), []).append(fault)
    return list(groups.values())


def closest_match(value: object, known: Iterable[str], likeness: float = 0.6) -> str:
    """The one of `known` that is most like `value`, "" if none is as near as `likeness`, of 0 to 1."""
    return next(iter(get_close_matches(str(value)[:200], sorted(known), n=1, cutoff=likeness)), "")


def suggest(value: object, known: Iterable[str], code: ErrorCode = ConfigCode.KNOWN_NAMES) -> Failure | None:
    """The one of `known` that `value` was probably meant to be, else `code` with the names; None without names."""
    names = sorted({name for name in known if name})
    if close := closest_match(value, names):
        return Failure(ConfigCode.DID_YOU_MEAN, {"name": close})
    if not names:
        return None
    return Failure(code, list_names(names))


def list_names(names: Iterable[str]) -> dict[str, Parameter]:
    """The parameters `names`, of which the first are listed, and `n`, their number."""
    every = sorted(names)
    return {"names": ", ".join(every[:_MAX_NAMES]) + (", …" if len(every) > _MAX_NAMES else ""), "n": len(every)}


def suggest_unit(unit: str) -> Failure:
    """The unit that `unit` means but for its tone marks, else where the units are: a similar one may be another."""
    name = closest_unit(unit)
    return Failure(ConfigCode.DID_YOU_MEAN, {"name": name}) if name else Failure(ConfigCode.LIST_OF_UNITS)
