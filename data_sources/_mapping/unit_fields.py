"""Fields of an answer that name a unit: by their names, as answers of any form have them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.un_cefact import UNIT_CODES
from ioc.domain.base.slug import without_accents
from ioc.domain.base.text_cache import cache_short_texts
from ioc.domain.base.units import is_known_unit
from ioc.domain.ingest.parsing import is_missing_text

# Names of fields, of letters and digits only: "unitOfMeasure", "unit_of_measure", "Đơn vị đo".
_WORDS = ("unit", "units", "uom", "donvi", "dvt")
# The word for a unit in other languages: Dutch, German, French, Spanish, Portuguese, Italian, Polish, Scandinavian …
_FOREIGN_WORDS = frozenset(
    {
        "eenheid", "einheit", "masseinheit", "messeinheit", "unite", "unidad", "unidade", "unita", "jednostka", "enhet",
        "enhed", "yksikko", "satuan", "birim", "单位", "單位", "単位",
    }
)  # fmt: skip
# Names that say that the text is a code, of UN/CEFACT where the table of units lacks it.
_CODE_NAMES = frozenset(
    {"unitcode", "unitscode", "uomcode", "unitofmeasurecode", "unitofmeasurementcode", "measurementunitcode"}
)
_CODE_ENDS = tuple(_CODE_NAMES)
_NAMES = frozenset(
    {
        *_WORDS, *_FOREIGN_WORDS, *_CODE_NAMES,
        "unitofmeasure", "unitofmeasurement", "unitsofmeasure", "unitsofmeasurement",
        "measureunit", "measurementunit", "measurementunits", "measuringunit", "unitmeasure", "engunit", "engunits",
        "engineeringunit", "engineeringunits", "unitname", "unitsymbol", "unittext", "unitlabel", "unitabbreviation",
        "unitabbrev", "unitabbr", "unitshort", "uomname", "uomsymbol", "ucum", "ucumcode", "donvido", "donvitinh",
        "donvidoluong",
    }
)  # fmt: skip
# Names of these that agencies and places have too: "đơn vị": "UBND phường", "unitCode": "31135".
_NAMES_OF_BODIES = frozenset({"unit", "donvi", "unitname", "unitcode", "unitlabel", "unittext", "unitshort"})
_BODY = re.compile(
    r"(?:ubnd|hdnd|uy ban|hoi dong|phuong|xa|dac khu|huyen|quan|thi tran|thanh pho|tinh|so|phong|ban|doi|to|tram|tt"
    r"|cong ty|tong cong ty|trung tam|truong|benh vien|chi cuc|cuc|cong an|vien|hat|khoa|khu|nha may|xi nghiep"
    r"|chi nhanh)(?:\s|$)"
)
# Names that may hold anything else: of a share, a user, a service.
_SHORT_NAMES = frozenset({"symbol", "u", "dv", "kyhieu"})
# Fields of an object that describes a unit, the surest first.
_PARTS = (
    "symbol", "unitsymbol", "symbols", "abbreviation", "unitabbreviation", "abbrev", "abbr", "short", "kyhieu", "name",
    "unitname", "ten", "value", "text", "label", "unit", "uom", "ucum", "unitcode", "uomcode", "code", "definition",
)  # fmt: skip


_NUMBERS = frozenset({int, float, bool, type(None)})
_NAME_WORDS = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])|\d+")
# Words of the name of a value that do not say what it measures. "day" and "hour" may: "rain_hour" is perhaps a time.
_STATISTICS = frozenset(
    {
        "avg", "average", "mean", "max", "min", "maximum", "minimum", "high", "low", "total", "sum", "current", "last",
        "latest", "now", "value", "inst", "daily", "today", "hourly", "night",
    }
)  # fmt: skip
_TEMPERATURES = ("temp", "dew", "feel", "heat", "chill", "nhiet")  # beginnings of words
_MIN_ALIKE = 3  # letters of a word that may be the beginning of another: "temp" of "temperature"
_UNIT_NAME_WORDS = frozenset({"unit", "units", "don", "vi"}) | _FOREIGN_WORDS
_UNIT_WORDS = ("unitsymbol", "unitname", "unitcode", "unitofmeasure", "uom", "dvt", "donvi")


class UnitField(NamedTuple):
    """A field that names a unit: its path in its object, the text, and how sure it is.

    `is_of_value`: its name has that of the value ("h_unit"). `may_be_other`: fields of this name may hold anything.
    `may_be_body`: so that an unknown text may be that of an agency. `is_part`: of an object that describes a unit.
    """

    path: str
    text: str
    is_of_value: bool = False
    may_be_other: bool = False
    may_be_body: bool = False
    is_part: bool = False

    @property
    def may_be_unknown_unit(self) -> bool:
        """Whether the text may be a unit that the table lacks: it has letters, and is no name of an agency or place."""
        is_word = any(sign.isalpha() or sign in "%‰°" for sign in self.text) and not is_missing_text(self.text)
        is_body = self.may_be_body and (self.is_part or _is_body_name(self.text.strip()))
        return is_word and not (self.may_be_other or is_body)


def _is_body_name(text: str) -> bool:
    """Whether a text in `unit` or `don_vi` is rather the name of an agency or place: "VNPT Cần Thơ", "PC07"."""
    is_name = text[:1].isupper() and any(sign.isspace() or sign.isdigit() for sign in text)
    return is_name or bool(_BODY.match(without_accents(text).lower()))


@cache_short_texts(4096)
def comparable_name(name: str) -> str:
    """`name` without what differs between spellings: case, accents, signs and spaces."""
    return "".join(filter(str.isalnum, without_accents(name).lower()))


def name_words(name: str) -> list[str]:
    """The words of the name of a field, in small letters without accents: of "totalCount", "total_count"."""
    return [word.lower() for word in _NAME_WORDS.findall(without_accents(name))]


def is_unit_name(name: str) -> bool:
    """Whether a field or a column of this name may hold units."""
    return comparable_name(name) in _NAMES


def may_name_unit(key: str) -> bool:
    """Whether a field of the comparable name `key` may name the unit of any value, or tells whether another does."""
    is_short = key in _SHORT_NAMES or key in ("n", "v")
    return is_short or any(word in key for word in (*_WORDS, *_FOREIGN_WORDS, "ucum"))


def unit_of_code(path: str, text: str) -> str:
    """The unit that `text` means at `path`, where that is a field of codes ("unitCode", "unit.code"); else `text`.

    "F" is °F where the name is one of temperatures: "TempUnit".
    """
    written = path.rpartition(".")[2]
    if text == "F" and has_unit_word(written) and _is_of_temperature(name_words(written)):
        return "°F"
    outer, last = ["", *(comparable_name(step) for step in path.split("."))][-2:]
    field = outer if last in ("value", "text") else last
    is_code = field.endswith(_CODE_ENDS) or (last == "code" and (outer in _NAMES or outer.endswith(_WORDS)))
    return UNIT_CODES.get(text, text) if is_code and not is_known_unit(text) else text


def unit_fields(fields: Mapping[str, Any], inner: str, name: str, words: Sequence[str] = ()) -> Iterator[UnitField]:
    """The fields of an object that may name the unit of its value `name`, the surest first. `inner`: holds the value.

    "h_unit" beside "h"; "h" of an object "units", or "current_units" beside "current", or an entry there with its
    `words` ("units_temp" for "air_temperature"); "unit", or what an object of this name has as symbol, name or code;
    last "symbol" and "u".
    """
    own = {name + word for word in (*_WORDS, *_CODE_NAMES)} | {word + name for word in _WORDS}
    inner = comparable_name(inner)
    general = _NAMES | {inner + word for word in _WORDS}
    # Of an object with thousands of values each looks for its unit: numbers, which name none, are left out first.
    texts = [(field, only_entry(value)) for field, value in fields.items() if type(value) not in _NUMBERS]
    candidates: list[tuple[str, Any]] = [(field, text) for field, text in texts if isinstance(text, str | dict)]
    named = [(quoted(field), text, comparable_name(field)) for field, text in candidates]
    yield from (UnitField(field, text, True) for field, text, key in named if key in own and _is_text(text))
    objects = [(field, units) for field, units, key in named if isinstance(units, dict) and key in general]
    for field, units in objects:
        yield from _of_name(field, units, name)
    for field, units in objects:
        yield from _of_same_words(field, units, words)
    yield from (
        UnitField(field, text, may_be_body=key in _NAMES_OF_BODIES)
        for field, text, key in named
        if key in general and _is_text(text)
    )
    for field, unit, key in named:
        if isinstance(unit, dict) and (key in general or key in own):
            yield from _parts(field, key, unit)
    is_senml = {"n", "v", "u"} <= fields.keys()
    yield from (
        UnitField(field, text, may_be_other=not is_senml)
        for field, text, key in named
        if key in _SHORT_NAMES and _is_text(text)
    )
    others = [
        (field, text, rest)
        for (field, text), (_, _, key) in zip(candidates, named, strict=True)
        if _is_text(text) and (rest := _without_unit_word(field)) is not None and key not in general | own
    ]
    is_amount = (type(value) in (int, float) for value in fields.values())
    amounts = set(map(comparable_name, compress(fields, is_amount))) if others else set()
    others.sort(key=lambda other: not _are_of_one(words_beside_unit(other[0]), words))
    yield from (
        UnitField(quoted(field), text, may_be_other=True) for field, text, rest in others if rest not in amounts
    )


def _are_of_one(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether a word is in both, or the beginning of one of the others, or both are of temperatures."""
    is_alike = any(_are_alike(word, other) for word in words for other in others)
    return is_alike or (_is_of_temperature(words) and _is_of_temperature(others))


def _is_of_temperature(words: Iterable[str]) -> bool:
    return any(word.startswith(_TEMPERATURES) for word in words)


def _of_name(field: str, units: Mapping[str, Any], name: str) -> Iterator[UnitField]:
    """The entry of an object of units that is called as the value."""
    for entry, written in units.items():
        text = only_entry(written)
        if comparable_name(entry) == name and _is_text(text):
            yield UnitField(f"{field}.{quoted(entry)}", text, True)


def _of_same_words(field: str, units: Mapping[str, Any], words: Sequence[str]) -> Iterator[UnitField]:
    """The entries of an object of units whose names have only words of the name of the value, the surest first.

    An entry is sure that has the word which says what the value measures: "temp" of "air_temp". One with the beginning
    of a word is not: "temp" of "air_temperature", but "dis" may be "discharge" or "distance".
    """
    measured = next((word for word in reversed(words) if word.isalpha() and word not in _STATISTICS), "")
    found = []
    for entry, written in units.items() if measured else ():
        text, own = only_entry(written), words_beside_unit(entry)
        if own and _is_text(text) and all(any(_are_alike(one, word) for word in words) for one in own):
            is_sure = measured in own and set(own) <= set(words)
            found.append((not is_sure, -len(own), UnitField(f"{field}.{quoted(entry)}", text, is_sure, not is_sure)))
    yield from (one for *_, one in sorted(found, key=lambda one: one[:2]))


def _are_alike(word: str, other: str) -> bool:
    """Whether two words are one, or one is the beginning of the other."""
    short, long = sorted((word, other), key=len)
    return word == other or (len(short) >= _MIN_ALIKE and short.isalpha() and long.startswith(short))


def _parts(field: str, key: str, unit: Mapping[str, Any]) -> Iterator[UnitField]:
    """What an object called `key` says of a unit. A code in an object "unit" may be that of an agency."""
    entries: dict[str, tuple[str, str]] = {}
    for entry, text in unit.items():
        place, text = quoted(entry), only_entry(text)
        if isinstance(text, dict) and _is_text(text.get("value")):  # symbol of CoverageJSON, with its vocabulary
            place, text = f"{place}.value", text["value"]
        if _is_text(text):
            entries[comparable_name(entry)] = place, text
    for part in _PARTS:
        if part in entries:
            inner, text = entries[part]
            may_be_other = part == "code" and key in _WORDS
            place = f"{field}.{inner}"
            yield UnitField(place, text, False, may_be_other, key in _NAMES_OF_BODIES, is_part=True)


@cache_short_texts(8192)
def _without_unit_word(field: str) -> str | None:
    """What else the name of a field says that has a word for a unit ("ts" of "ts_unitsymbol"); None for others."""
    words, rest = name_words(field), "".join(words_beside_unit(field))
    return rest if len(rest) < len("".join(words)) else None


def words_beside_unit(field: str) -> list[str]:
    """The words of a name that are none for a unit."""
    return [word for word in name_words(field) if word not in _UNIT_NAME_WORDS and not word.startswith(_UNIT_WORDS)]


def has_unit_word(name: str) -> bool:
    """Whether the name of a field has a word for a unit: "columnUnits", "ts_unitsymbol"."""
    return _without_unit_word(name) is not None


def only_entry(value: Any) -> Any:
    """`value`, or the entry of a list of one, as `unit_path` reads it."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
