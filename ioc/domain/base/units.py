"""Units of measurement: what sources call them, and their conversion within one quantity. The table: unit_table.py."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from ioc.domain.base.failure import ErrorCode, FailureError
from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.slug import without_accents
from ioc.domain.base.text import shorten
from ioc.domain.base.text_cache import cache_short_texts
from ioc.domain.base.unit_table import COUNTED, QUANTITIES
from ioc.domain.base.unit_words import PARTS, spelled_units

_MAX_LENGTH = 80  # characters of a unit, also of its address in a vocabulary; expressions see no longer text
# Addresses and prefixes of vocabularies before the unit itself: OGC, UCUM, QUDT, WMO.
_VOCABULARY = re.compile(
    r"(https?://\S+/uom/[^/]+/([\d.]+/)?|https?://codes\.wmo\.int/common/unit/|https?://(www\.)?qudt\.org/\S*[/#]"
    r"|urn:ogc:def:uom:[^:]+:[^:]*:|(unit|qudt|ucum|uc|wmo|wmoUnit):)_?(?=\S)"
)
_SIGNS = str.maketrans(
    {"µ": "u", "μ": "u", "˚": "°", "−": "-", "–": "-", "⁄": "/", "∕": "/", "^": "", **dict.fromkeys("·⋅∙•*_", " ")}
)
_NEGATIVE_POWER = re.compile(r"[ .]+([^\W\d_]+|°|%)-([1-9])")  # "m s-1", "kg.m-2"
_CAMEL_CASE = re.compile(r"([A-Z][a-z]+)+")  # QUDT 1: MicrogramPerCubicMeter
# QUDT 2: MicroGM-PER-M3.
_QUDT_PREFIXES = {
    "Nano": "n", "Micro": "u", "Milli": "m", "Centi": "c", "Hecto": "h", "Kilo": "k", "Mega": "M", "Giga": "G",
}  # fmt: skip
_QUDT_PART = re.compile(rf"({'|'.join(_QUDT_PREFIXES)})?([A-Z]+)([23]?)")
_QUDT_UNITS = {
    "M": "m", "GM": "g", "L": "l", "SEC": "s", "HR": "h", "MIN": "min", "DAY": "d", "PA": "Pa", "HZ": "Hz",
    "MOL": "mol",
    "TONNE": "t", "A": "A", "V": "V", "W": "W", "VA": "VA", "J": "J", "N": "N", "S": "S", "OHM": "Ω", "BYTE": "B",
    "BIT": "bit",
    "FT": "ft", "IN": "in", "MI": "mi", "BAR": "bar", "BQ": "Bq", "SV": "Sv", "LUX": "lux", "NUM": "1",
}  # fmt: skip
# Also between dashes or with points: -nt-, n.t. (như trên), d° (ditto).
_DITTO_MARK = re.compile(r"[-–—. ]*(\"|″|“|”|„|〃|''|‘‘|’’|′′|``|´´|,,|n\.?t|như trên|nhu tren|ditto|idem)[-–—. ]*")
_SI_PREFIXES = "mMpP"  # those that differ in case only: milli and mega, pico and peta


class UnitCode(ErrorCode):
    """Why a unit cannot be used. Texts: components/messages/errors/units.toml."""

    UNKNOWN = "units.unknown"  # unit
    DITTO_MARK = "units.ditto_mark"  # unit
    DIFFERENT_QUANTITY = "units.different_quantity"  # unit, other


class UnknownUnitError(FailureError, ValueError):
    """A unit that is not in the table, or two units of different quantities."""


class MeantUnit(str):
    """A unit that a row gives as the meaning of `text`, which the source writes. Reasons quote the text."""

    text: str

    def __new__(cls, unit: str, text: str) -> "MeantUnit":
        meant = super().__new__(cls, unit)
        meant.text = text
        return meant

    def __reduce__(self) -> tuple[type["MeantUnit"], tuple[str, str]]:
        return MeantUnit, (str(self), self.text)


def meant_unit(text: str, units: Mapping[str, str]) -> str:
    """What `text` means by `units` of a row; `text` itself where they do not say it."""
    return MeantUnit(units[text], text) if text and text in units else units.get(text, text)


def written_unit(unit: str) -> str:
    """`unit` as the source writes it."""
    return unit.text if isinstance(unit, MeantUnit) else unit


class _Magnitude(NamedTuple):
    """What a unit measures: value in the base of `quantity` = value * factor + offset."""

    quantity: str
    factor: float
    offset: float


def _normalize(text: str) -> str:
    """`text` without what does not tell units apart: spaces, signs of powers and products, "per", µ or u."""
    text = unquote(_VOCABULARY.sub("", text.strip(), count=1))
    if _CAMEL_CASE.fullmatch(text):
        text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    if "-" in text or text.startswith(tuple(_QUDT_PREFIXES)):
        text = _from_qudt(text)
    text = normal_form("NFKC", text.replace("**", "").translate(_SIGNS)).translate(_SIGNS)
    text = _NEGATIVE_POWER.sub(lambda match: f"/{match[1]}{match[2].replace('1', '')}", text)
    return re.sub(r"\s+", "", re.sub(r"\b(?:per|trên|mỗi)\b", "/", text, flags=re.IGNORECASE))


def _from_qudt(code: str) -> str:
    """A code of QUDT as symbols; any other text unchanged."""
    fractions = [part.split("-") for part in code.split("-PER-")]
    matches = [[_QUDT_PART.fullmatch(factor) for factor in factors] for factors in fractions]
    if not all(match and match[2] in _QUDT_UNITS for factors in matches for match in factors):
        return code
    return "/".join(
        "".join(f"{_QUDT_PREFIXES.get(m[1], '')}{_QUDT_UNITS[m[2]]}{m[3]}" for m in factors if m) for factors in matches
    )


_UNITS: dict[str, _Magnitude] = {
    row.name: _Magnitude(quantity, row.factor, row.offset) for quantity, rows in QUANTITIES.items() for row in rows
}
_COUNT_UNITS = frozenset(rows[0].name for rows in COUNTED.values())
# Every spelling, normalized -> its unit.
_EXACT: dict[str, str] = {
    _normalize(spelling): row.name
    for rows in QUANTITIES.values()
    for row in rows
    for spelling in (row.name, *row.spellings.split(", "))
    if spelling or not row.name
}
_CASEFOLDED = frozenset(spelling.casefold() for spelling in _EXACT)


def _fold(text: str) -> str:
    """`text` without case, except where it tells units apart: a lone letter, S before a slash, the prefixes m, M, p, P.

    Words also lose their plural and American spelling.
    """
    if len(text) == 1:
        return text
    first, *others = text.split("/")
    return "/".join([first if first in ("S", "s") else _fold_part(first), *map(_fold_part, others)])


def _fold_part(part: str) -> str:
    rest = part[1:]
    if part[:1] in _SI_PREFIXES and rest[:1].isalpha() and rest.casefold() in _CASEFOLDED:
        return part[0] + (rest.casefold() if len(rest) > 1 else rest)
    folded = part.casefold().replace("meter", "metre").replace("liter", "litre")
    return folded.removesuffix("s") if len(folded) > 4 and folded.isalpha() else folded


def _unambiguous_folded() -> dict[str, str]:
    """Folded spelling -> its unit, without those that units of another magnitude have too."""
    units: dict[str, set[str]] = {}
    for spelling, name in _EXACT.items():
        units.setdefault(_fold(spelling), set()).add(name)
    return {folded: names.pop() for folded, names in units.items() if len(names) == 1}


_FOLDED = _unambiguous_folded()


# Words, folded -> the symbol that they stand for.
_WORDS = {_fold(_normalize(word)): _normalize(symbol) for word, symbol in spelled_units()}


def _find(text: str) -> str | None:
    """The unit of a normalized text: as the table has it, else without case, else in words, else part by part.

    Of "cubicfeet/second" each part is found so.
    """
    found = _EXACT.get(text, _FOLDED.get(_fold(text)))
    if found is None and "/" not in text:
        found = _EXACT.get(_WORDS.get(_fold(text.replace("-", "")), "?"))
    if found is not None or "/" not in text:
        return found
    parts = [_part(part) for part in text.split("/")]
    return _EXACT.get(_normalize("/".join(part or "?" for part in parts)))


def _part(text: str) -> str | None:
    """The unit or the symbol that a part of a unit stands for."""
    word = _fold(text.replace("-", ""))
    return _EXACT.get(text, _FOLDED.get(_fold(text))) or _WORDS.get(word) or PARTS.get(word)


@cache_short_texts(4096)
def canonical_unit(unit: str) -> str:
    """The table's spelling of `unit`. Raises UnknownUnitError when it has none, or several by its case."""
    if unit in _UNITS:
        return unit
    found = _find(_normalize(unit)) if len(unit) <= _MAX_LENGTH else None
    if found is None:
        code = UnitCode.DITTO_MARK if is_ditto_mark(unit) else UnitCode.UNKNOWN
        raise UnknownUnitError(code, unit=shorten(unit, _MAX_LENGTH))
    return found


def is_ditto_mark(text: str) -> bool:
    """Whether `text` stands for that of the row above it: ", ″, -nt-, “như trên”."""
    return len(text) <= _MAX_LENGTH and _DITTO_MARK.fullmatch(normal_form("NFC", text).strip().casefold()) is not None


def is_known_unit(unit: str) -> bool:
    """Whether the table has `unit` in this or in another spelling."""
    try:
        canonical_unit(unit)
    except UnknownUnitError:
        return False
    return True


def is_same_unit(unit: str, other: str) -> bool:
    """Whether two known units are one, perhaps in two spellings. Raises UnknownUnitError."""
    return _UNITS[canonical_unit(unit)] == _UNITS[canonical_unit(other)]


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """`value` converted. Raises UnknownUnitError when the units do not measure the same quantity."""
    if from_unit == to_unit:
        return value
    source_unit, target_unit = canonical_unit(from_unit), canonical_unit(to_unit)
    if source_unit == target_unit:
        return value
    source, target = _UNITS[source_unit], _UNITS[target_unit]
    if source.quantity != target.quantity:
        raise UnknownUnitError(UnitCode.DIFFERENT_QUANTITY, unit=from_unit, other=to_unit)
    return (value * source.factor + source.offset - target.offset) / target.factor


def is_same_quantity(unit: str, other: str) -> bool:
    """Whether two known units measure one quantity. Raises UnknownUnitError."""
    return _UNITS[canonical_unit(unit)].quantity == _UNITS[canonical_unit(other)].quantity


def is_share(unit: str) -> bool:
    """Whether a unit is one of shares: %, ‰, ratio."""
    return is_known_unit(unit) and is_same_quantity(unit, "%")


def closest_unit(text: str) -> str:
    """The unit that an unknown `text` means but for its tone marks; "" for none, or several of different magnitudes."""
    if len(text) > _MAX_LENGTH:
        return ""
    plain = _without_tones(_normalize(text))
    names = [name for spelling, name in _EXACT.items() if _without_tones(spelling) == plain]
    return names[0] if len({_UNITS[name] for name in names}) == 1 else ""


@cache_short_texts(4096)
def _without_tones(text: str) -> str:
    return _fold(without_accents(text))


def is_count_unit(unit: str) -> bool:
    """Whether `unit` is one of counts: beds, dossiers, or "" for a plain count."""
    return unit in _COUNT_UNITS


def needs_name(unit: str) -> bool:
    """Whether a source that names units names `unit` too: not one of counts, of pH or of an index."""
    known = canonical_unit(unit) if is_known_unit(unit) else None
    return known is None or not (is_count_unit(known) or _UNITS[known].quantity in ("acidity", "index"))


def unit_names() -> tuple[str, ...]:
    """All units, as the table spells them."""
    return tuple(_UNITS)
