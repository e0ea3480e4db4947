"""Units and their conversion: a table of the units that sources use, each with factor and offset to a base unit."""

import unicodedata
from functools import cache

from ioc.domain.base.failure import ErrorCode, FailureError

# Units of counts: each is a dimension of its own, so that beds are never converted to dossiers.
_COUNTED: dict[str, str] = {
    "": "count",
    "hồ sơ": "dossier",
    "phản ánh": "report",
    "giường": "bed",
    "sự cố": "incident",
    "phương tiện": "vehicle",
    "người": "person",
    "nhiệm vụ": "task",
    "nguồn": "source",
    "tin": "news item",
    "hộ": "household",
    "lượt": "visit",
}

# unit -> (dimension, factor, offset): value_in_base = value * factor + offset
_UNITS: dict[str, tuple[str, float, float]] = {
    **{unit: (dimension, 1, 0) for unit, dimension in _COUNTED.items()},
    "%": ("share", 1, 0),
    "‰": ("share", 0.1, 0),
    "ratio": ("share", 100, 0),
    "m": ("length", 1, 0),
    "mm": ("length", 0.001, 0),
    "cm": ("length", 0.01, 0),
    "km": ("length", 1000, 0),
    "ft": ("length", 0.3048, 0),
    "m/s": ("speed", 1, 0),
    "km/h": ("speed", 1 / 3.6, 0),
    "kn": ("speed", 1852 / 3600, 0),
    "mph": ("speed", 1609.344 / 3600, 0),
    "m³/s": ("discharge", 1, 0),
    "l/s": ("discharge", 0.001, 0),
    "ft³/s": ("discharge", 0.028316846592, 0),
    "°C": ("temperature", 1, 0),
    "°F": ("temperature", 5 / 9, -160 / 9),
    "K": ("temperature", 1, -273.15),
    "hPa": ("pressure", 1, 0),
    "Pa": ("pressure", 0.01, 0),
    "kPa": ("pressure", 10, 0),
    "µg/m³": ("concentration", 1, 0),
    "mg/m³": ("concentration", 1000, 0),
    "g/l": ("salinity", 1, 0),
    "mg/l": ("salinity", 0.001, 0),
    "kg/m³": ("salinity", 1, 0),
    "s": ("time", 1, 0),
    "min": ("time", 60, 0),
    "h": ("time", 3600, 0),
    "d": ("time", 86400, 0),
    "kg": ("mass", 1, 0),
    "tấn": ("mass", 1000, 0),
    "kWh": ("energy", 1, 0),
    "MWh": ("energy", 1000, 0),
    "V": ("voltage", 1, 0),
    "W": ("power", 1, 0),
    "kW": ("power", 1000, 0),
    "m²": ("area", 1, 0),
    "ha": ("area", 10_000, 0),
    "km²": ("area", 1_000_000, 0),
    "đồng": ("money", 1, 0),
    "triệu đồng": ("money", 1e6, 0),
    "tỷ đồng": ("money", 1e9, 0),
    "điểm": ("score", 1, 0),
    "chỉ số": ("index", 1, 0),
    "mm/h": ("rain rate", 1, 0),
    "phương tiện/h": ("flow of vehicles", 1, 0),
}

# Spellings in sources. Keys are NFKC, without spaces, lower case.
_SPELLINGS: dict[str, str] = {
    "oc": "°C", "c": "°C", "celsius": "°C", "cel": "°C", "degc": "°C", "degf": "°F", "of": "°F", "kelvin": "K",
    "percent": "%", "pct": "%", "p1": "%", "permille": "‰", "psu": "g/l", "ppt": "g/l", "1": "", "count": "",
    "ug/m3": "µg/m³", "μg/m3": "µg/m³", "µg/m3": "µg/m³", "microgram/m3": "µg/m³", "mg/m3": "mg/m³",
    "m3/s": "m³/s", "cumecs": "m³/s", "kmh": "km/h", "kph": "km/h", "ms-1": "m/s", "kt": "kn", "knots": "kn",
    "metre": "m", "meter": "m", "metres": "m", "meters": "m", "hpa": "hPa", "mbar": "hPa", "pa": "Pa", "kpa": "kPa",
    "m2": "m²", "km2": "km²", "kwh": "kWh", "mwh": "MWh", "v": "V", "w": "W", "kw": "kW", "sec": "s", "seconds": "s",
    "minutes": "min", "hours": "h", "giờ": "h", "phút": "min", "days": "d", "ngày": "d", "k": "K", "usaqi": "chỉ số",
    "fraction": "ratio", "index": "chỉ số", "kg/m3": "kg/m³", "l/sec": "l/s", "g/l": "g/l", "mg/l": "mg/l",
}  # fmt: skip


class UnitCode(ErrorCode):
    """Why a unit cannot be used. Texts: components/messages/errors/units.toml."""

    UNKNOWN = "units.unknown"  # unit
    DIFFERENT_QUANTITY = "units.different_quantity"  # unit, other


class UnknownUnitError(FailureError, ValueError):
    """A unit that is not in the table, or two units of different quantities."""


@cache
def canonical_unit(unit: str) -> str:
    """The table's spelling of `unit`. Raises UnknownUnitError when it has none."""
    if unit in _UNITS:
        return unit
    folded = unicodedata.normalize("NFKC", unit).replace(" ", "").casefold()
    for name in _UNITS:
        if unicodedata.normalize("NFKC", name).replace(" ", "").casefold() == folded:
            return name
    if folded in _SPELLINGS:
        return _SPELLINGS[folded]
    raise UnknownUnitError(UnitCode.UNKNOWN, unit=unit)


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """`value` converted. Raises UnknownUnitError when the units do not measure the same quantity."""
    if from_unit == to_unit:
        return value
    source_unit, target_unit = canonical_unit(from_unit), canonical_unit(to_unit)
    if source_unit == target_unit:
        return value
    dimension, factor, offset = _UNITS[source_unit]
    target_dimension, target_factor, target_offset = _UNITS[target_unit]
    if dimension != target_dimension:
        raise UnknownUnitError(UnitCode.DIFFERENT_QUANTITY, unit=from_unit, other=to_unit)
    return (value * factor + offset - target_offset) / target_factor


def is_count_unit(unit: str) -> bool:
    """Whether `unit` is one of counts: beds, dossiers, or "" for a plain count."""
    return unit in _COUNTED


def unit_names() -> tuple[str, ...]:
    """All units, as the table spells them."""
    return tuple(_UNITS)
