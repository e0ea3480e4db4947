"""Faults of a configuration: where, what is wrong, what would be right. All of them are reported at once."""

import re
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from difflib import SequenceMatcher

from ioc.domain.base.failure import ErrorCode, Failure, Parameter
from ioc.domain.base.units import closest_unit

_MAX_NAMES = 24  # names listed in a suggestion
_ALIKE_NAMES = 5  # of more: those beside the word in alphabetical order
_MAX_COMPARED = 100  # characters of a word for which a near one is sought
_MAX_EDITS = 3


_ITEM = re.compile(r"\[[^\]]*\]")  # of a list, in the path of a field


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
    EXTENDS_NOT_A_PATH = "config.extends_not_a_path"  # value
    EXTENDS_IN_A_CIRCLE = "config.extends_in_a_circle"
    ROWS_EXPECTED = "config.rows_expected"
    ROWS_HIDDEN = "config.rows_hidden"  # names, n
    CITY_EXPECTED = "config.city_expected"
    FILE_NOT_READ = "config.file_not_read"  # file
    # Keys and values.
    KEY_UNKNOWN = "config.key_unknown"  # key
    KEY_MISSING = "config.key_missing"  # key
    KEY_TAKEN = "config.key_taken"  # field, key, place
    KEY_NOT_NAMED = "config.key_not_named"  # key, name, n: places that name `name`, which is no key
    NOT_AN_ID = "config.not_an_id"  # value
    NOT_A_BOOLEAN = "config.not_a_boolean"  # value
    NOT_AN_INTEGER = "config.not_an_integer"  # value
    NOT_A_NUMBER = "config.not_a_number"  # value
    NOT_A_TEXT = "config.not_a_text"  # value
    NOT_A_LIST = "config.not_a_list"  # value
    NOT_A_MAPPING = "config.not_a_mapping"  # value
    NOT_A_DATE = "config.not_a_date"  # value
    NOT_A_TIME = "config.not_a_time"  # value
    NOT_A_MOMENT = "config.not_a_moment"  # value
    NOT_ONE_OF = "config.not_one_of"  # value, known
    NOT_ABOVE = "config.not_above"  # value, limit
    BELOW_MINIMUM = "config.below_minimum"  # value, limit
    NOT_BELOW = "config.not_below"  # value, limit
    ABOVE_MAXIMUM = "config.above_maximum"  # value, limit
    TOO_SHORT = "config.too_short"  # limit
    TOO_LONG = "config.too_long"  # limit
    PATTERN_MISMATCH = "config.pattern_mismatch"  # value, pattern
    INVALID_VALUE = "config.invalid_value"  # value; external: what pydantic says
    # Suggestions.
    DID_YOU_MEAN = "config.did_you_mean"  # name
    KNOWN_NAMES = "config.known_names"  # names, n
    LIST_OF_UNITS = "config.list_of_units"
    CHOOSE_ANOTHER_KEY = "config.choose_another_key"
    ID_FORM = "config.id_form"
    TEMPLATE_FORM = "config.template_form"
    EXTENDS_FORM = "config.extends_form"
    LIST_FORM = "config.list_form"
    KEEP_THE_ROWS = "config.keep_the_rows"
    PUT_IN_QUOTES = "config.put_in_quotes"  # value
    SAVE_AS_UTF8 = "config.save_as_utf8"
    SPLIT_THE_FILE = "config.split_the_file"
    SET_CONFIG_OR_PROFILE = "config.set_config_or_profile"


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """`file` as it was opened, `line` from 1 (0: the whole file), `field`: path of the value within its row or file,
    "" where the failure names it: items of lists by their key, or by their number from 1. `suggestion`: what would be
    right, None if unclear. `row`: key of the row, "" outside rows; an anchor of several rows is one fault.
    """

    file: str
    line: int
    failure: Failure
    suggestion: Failure | None = None
    field: str = ""
    row: str = dataclass_field(default="", compare=False)

    @property
    def place(self) -> str:
        """File, line, row and field as they stand before a message."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.row, self.field) if part)

    def __str__(self) -> str:
        return f"{self.place}: {self.failure}" + (f" → {self.suggestion}" if self.suggestion else "")


class ConfigError(Exception):
    """The configuration cannot be used. `faults` is never empty, in the order of files and lines."""

    def __init__(self, faults: Iterable[ConfigFault]) -> None:
        self.faults = tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.file, fault.line, str(fault))))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def group_equal(faults: Iterable[ConfigFault]) -> list[list[ConfigFault]]:
    """Faults with one failure, suggestion and name of the field together, in the order of the first ones."""
    groups: dict[tuple[object, ...], list[ConfigFault]] = {}
    for fault in faults:
        field = _ITEM.sub("", fault.field)
        groups.setdefault((fault.failure, fault.suggestion, field), []).append(fault)
    return list(groups.values())


def closest_match(value: object, known: Iterable[str]) -> str:
    """The one of `known` that `value` was typed for: a quarter of its letters differ at most. "" for none or several.

    Two codes of digits that are alike say nothing of each other.
    """
    word = str(value)
    limit = min(max(1, len(word) // 4), _MAX_EDITS)
    if word.isdigit() or not 3 <= len(word) <= _MAX_COMPARED:
        return ""
    letters = set(word)
    names = [
        name
        for name in set(known)
        if abs(len(name) - len(word)) <= limit and len(letters ^ set(name)) <= 2 * limit and name != word
    ]
    edits = {name: _count_edits(word, name, limit) for name in names}
    fewest = min([*edits.values(), limit])
    nearest = [name for name in names if edits[name] == fewest]
    ranked = sorted((SequenceMatcher(None, word, name).ratio(), name) for name in nearest)
    is_tie = len(ranked) > 1 and ranked[-1][0] == ranked[-2][0]
    return ranked[-1][1] if ranked and not is_tie else ""


def _count_edits(word: str, other: str, limit: int) -> int:
    """Letters that are missing, added, replaced, or exchanged with their neighbour (optimal string alignment).

    Of more than `limit` any number above it.
    """
    while word and other and word[0] == other[0]:
        word, other = word[1:], other[1:]
    while word and other and word[-1] == other[-1]:
        word, other = word[:-1], other[:-1]
    before, last = list[int](), list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        row = [i]
        for j, same in enumerate(other, 1):
            edits = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != same))
            if i > 1 and j > 1 and (letter, word[i - 2]) == (other[j - 2], same):
                edits = min(edits, before[j - 2] + 1)
            row.append(edits)
        before, last = last, row
        if min(*before, *last) > limit:
            break
    return last[-1]


def suggest(value: object, known: Iterable[str], code: ErrorCode = ConfigCode.KNOWN_NAMES) -> Failure | None:
    """The one of `known` that `value` was meant to be, else `code` with names of `known`; None without names."""
    names = sorted({name for name in known if name})
    if close := closest_match(value, names):
        return Failure(ConfigCode.DID_YOU_MEAN, {"name": close})
    if not names:
        return None
    if len(names) <= _MAX_NAMES:
        return Failure(code, list_names(names))
    alike = names[max(bisect(names, str(value)) - _ALIKE_NAMES // 2, 0) :][:_ALIKE_NAMES]
    return Failure(code, {"names": ", ".join([*alike, "…"]), "n": len(names)})


def list_names(names: Iterable[str]) -> dict[str, Parameter]:
    """The parameters `names`, of which the first are listed, and `n`, their number."""
    every = sorted(names)
    return {"names": ", ".join(every[:_MAX_NAMES]) + (", …" if len(every) > _MAX_NAMES else ""), "n": len(every)}


def suggest_unit(unit: str) -> Failure:
    """The unit that `unit` means but for its tone marks, else where the units are: a similar one may be another."""
    name = closest_unit(unit)
    return Failure(ConfigCode.DID_YOU_MEAN, {"name": name}) if name else Failure(ConfigCode.LIST_OF_UNITS)
