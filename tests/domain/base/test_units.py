"""Units: spellings of sources, case that changes the magnitude, conversion by published factors."""

import importlib.util
from itertools import product
from math import isclose
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import Failure
from ioc.domain.base.slug import slugify
from ioc.domain.base.unit_table import COUNTED, QUANTITIES, UnitDefinition
from ioc.domain.base.units import (
    UnitCode,
    UnknownUnitError,
    canonical_unit,
    closest_unit,
    convert,
    is_ditto_mark,
    is_known_unit,
    unit_names,
)

ROOT = Path(__file__).parents[3]
ROWS: list[tuple[str, UnitDefinition]] = [(quantity, row) for quantity, rows in QUANTITIES.items() for row in rows]
QUANTITY = {row.name: quantity for quantity, row in ROWS}
SPELLINGS = [
    (spelling, row.name) for _, row in ROWS for spelling in (row.name, *filter(None, row.spellings.split(", ")))
]
PAIRS = [(one.name, other.name) for rows in QUANTITIES.values() for one in rows for other in rows]

# Value, unit, unit, value; from NIST SP 811 (appendix B), the SI brochure, UCUM, RFC 8798, definitions of US units.
PUBLISHED: list[tuple[float, str, str, float]] = [
    (1, "m³/s", "m³/h", 3600), (100, "m³/h", "l/s", 27.77777778), (1, "m³/day", "l/h", 41.66666667),
    (1, "m³/s", "m³/d", 86_400), (60, "l/min", "m³/h", 3.6), (1, "l/s", "m³/d", 86.4),
    (1, "m³/min", "l/s", 16.66666667),
    (1, "ft3/s", "m³/s", 0.02831685), (1000, "cfs", "m³/s", 28.31685), (1, "gal/min", "l/min", 3.785412),
    (1, "Mgal/d", "m³/s", 0.04381264), (1, "ML/d", "m³/h", 41.66666667),
    (1, "m³", "l", 1000), (1, "triệu m³", "m³", 1e6), (1, "ac-ft", "m³", 1233.482), (1, "gal", "l", 3.785412),
    (1, "ft", "m", 0.3048), (1, "in", "mm", 25.4), (1, "mi", "km", 1.609344), (1, "nmi", "km", 1.852),
    (1, "acre", "m²", 4046.856), (1, "mi²", "km²", 2.589988), (250, "cm", "m", 2.5), (3, "l/m²", "mm", 3),
    (10, "m/s", "km/h", 36), (1, "kn", "km/h", 1.852), (1, "mph", "m/s", 0.44704), (1, "m/s", "mm/h", 3.6e6),
    (1, "ft/s", "m/s", 0.3048), (1, "in/h", "mm/h", 25.4), (1, "m/h", "m/s", 1 / 3600), (24, "mm/d", "mm/h", 1),
    (32, "°F", "°C", 0), (98.6, "°F", "°C", 37), (0, "°C", "K", 273.15), (-40, "°C", "°F", -40), (25, "oC", "°C", 25),
    (1, "mmHg", "Pa", 133.3224), (760, "mmHg", "hPa", 1013.25), (29.92126, "inHg", "hPa", 1013.25),
    (1, "atm", "hPa", 1013.25), (1, "bar", "kPa", 100), (1, "psi", "kPa", 6.894757), (1, "kg/cm2", "kPa", 98.0665),
    (1, "mH2O", "kPa", 9.80665), (1, "MPa", "bar", 10), (1013, "mb", "hPa", 1013),
    (0.05, "mg/m³", "µg/m³", 50), (1, "kg/m3", "ug/m3", 1e9), (1, "µg/l", "mg/m³", 1), (35, "mg/l", "g/l", 0.035),
    (50, "μg/m³", "µg/m³", 50), (1, "g/m³", "mg/l", 1),  # U+03BC against U+00B5
    (1, "mol/l", "mmol/l", 1000), (1, "mol/m3", "mmol/l", 1), (1, "S/m", "µS/cm", 10_000), (1, "mS/cm", "µS/cm", 1000),
    (1, "dS/m", "mS/cm", 1), (1, "µmho/cm", "µS/cm", 1), (5, "MPN/ml", "MPN/100ml", 500),
    (1, "A", "mA", 1000), (3300, "mV", "V", 3.3), (1, "Ah", "A·s", 3600), (1, "kWh", "MJ", 3.6), (1, "Wh", "J", 3600),
    (1, "kvarh", "vars", 3.6e6), (1, "kVAh", "VAs", 3.6e6), (1, "Wh/km", "J/m", 3.6), (1, "MW", "mW", 1e9),
    (1, "MHz", "Hz", 1e6), (180, "°", "rad", 3.141592654), (1, "klux", "lux", 1000), (1, "kWh/m²", "MJ/m²", 3.6),
    (1, "kW/m²", "W/m²", 1000), (0, "dBW", "dBm", 30), (-70, "dBm", "dBW", -100), (1, "KiB", "B", 1024),
    (1, "MB/s", "bit/s", 8e6), (1, "GB", "B", 1e9), (1, "byte", "bit", 8), (400, "ppm", "%", 0.04),
    (1, "ppm", "ppb", 1000),
    (1.2, "triệu người", "người", 1.2e6), (3, "nghìn tỷ đồng", "tỷ đồng", 3000), (5, "nghìn tấn", "tấn", 5000),
    (62.5, "tạ/ha", "tấn/ha", 6.25), (1, "triệu kWh", "MWh", 1000), (2, "triệu USD", "nghìn USD", 2000),
    (7, "nghìn m³", "triệu m³", 0.007), (1, "nghìn ha", "km²", 10), (4, "triệu lít", "nghìn m³", 4),
    (0.974, "ratio", "%", 97.4), (35, "‰", "%", 3.5), (1, "tấn", "kg", 1000), (1, "tấn/ngày", "kg/h", 41.66666667),
    (2, "week", "d", 14), (11_965, "tỷ đồng", "đồng", 11_965e9), (60, "1/min", "1/s", 1), (1, "Bq/l", "Bq/m³", 1000),
]  # fmt: skip


@pytest.mark.parametrize(("value", "unit", "target", "expected"), PUBLISHED)
def test_conversion_agrees_with_the_published_factor(value: float, unit: str, target: str, expected: float) -> None:
    assert isclose(convert(value, unit, target), expected, rel_tol=5e-7, abs_tol=1e-9)


DIFFERENT = [
    ("m³", "m³/h"), ("m³/h", "Nm³/h"), ("NTU", "FNU"), ("FTU", "NTU"), ("NTRU", "NTU"), ("ppm", "µg/m³"),
    ("ppb", "µg/m³"),
    ("ppm", "mg/l"), ("dBA", "dB"), ("dBA", "dBC"), ("dB SPL", "dBA"), ("dBm", "dB"), ("mg/Nm³", "mg/m³"),
    ("PSU", "g/l"),
    ("MPN/100ml", "CFU/100ml"), ("Pt-Co", "NTU"), ("W", "VA"), ("kW", "kvar"), ("kWh", "kVAh"), ("Hz", "1/s"),
    ("Hz", "rpm"),
    ("S", "S/m"), ("S", "s"), ("mg/l", "mmol/l"), ("W/m²", "lux"), ("lm", "lux"), ("kg/m²", "mm"), ("kg/m²/s", "mm/h"),
    ("pH", ""), ("giường", "hồ sơ"), ("", "giường"), ("m", "°C"), ("A", "Ah"), ("J/m²", "W/m²"), ("°", "°C"),
    ("B", "B/s"), ("nghìn người", "nghìn hộ"), ("triệu USD", "tỷ đồng"), ("lượt", "lượt khách"), ("tấn", "tấn.km"),
]  # fmt: skip


@pytest.mark.parametrize(("unit", "other"), DIFFERENT)
def test_units_of_different_quantities_are_not_converted(unit: str, other: str) -> None:
    for source, target in ((unit, other), (other, unit)):
        with pytest.raises(UnknownUnitError) as caught:
            convert(1, source, target)
        assert caught.value.failure == Failure(UnitCode.DIFFERENT_QUANTITY, {"unit": source, "other": target})


# Unit -> how sources write it.
WRITTEN: dict[str, str] = {
    # USGS
    "ft³/s": "ft3/s | cfs | ft^3/s | cubic feet per second | [cft_i]/s",
    "µS/cm": "uS/cm @25C | µS/cm | us/cm | umho/cm",
    "pH": "std units | pH | [pH] | pH_unit", "%": "% saturatn | percent | per cent | pct | %RH | PERCENT",
    "mmHg": "mm/Hg | mm Hg | mm[Hg]", "mph": "mi/hr | mph | MPH | [mi_i]/h | miles per hour",
    "in": "in | inch | [in_i]",
    "°F": "deg F | [degF] | degF | oF | °F", "FNU": "FNU | fnu | {FNU}", "NTU": "NTU | ntu | {NTU}",
    "Mgal/d": "Mgal/d | MGD | mgd", "ac-ft": "ac-ft | acre-ft | acre-feet",
    # WMO: BUFR, CF and the codes registry
    "m/s": "m s-1 | m_s-1 | m.s-1 | m s^-1 | m s**-1 | m s⁻¹ | m·s⁻¹ | ms-1 | meters/second | mps | wmoUnit:m_s-1",
    "kg/m²/s": "kg m-2 s-1 | kg/m2/s | kg_m-2_s-1", "W/m²": "W m-2 | W/m2 | W_m-2 | W/m^2 | Watts per square meter",
    "K": "K | kelvin | http://codes.wmo.int/common/unit/_K | http://codes.wmo.int/common/unit/K",
    "okta": "okta | oktas",
    "J/m²": "J m-2 | J_m-2", "km/h": "km_h-1 | wmoUnit:km_h-1 | km/h | kmh | kph | KM/H | Km/h",
    "kn": "kt | kn | knots | [kn_i]",
    "°": "deg | degree_(angle) | degrees_true | degree true | deg true | °", "nmi": "nautical_mile | [nmi_i] | hải lý",
    # UCUM
    "°C": "Cel | degC | deg C | oC | ºC | ˚C | ℃ | C | c | Celsius | Degree Celsius | degrees Celsius | độ C"
          " | wmoUnit:degC",
    "inHg": "[in_i'Hg] | in Hg | in/Hg | inches of mercury", "psi": "[psi] | psi", "ppm": "[ppm] | ppm | PPM | ppmv",
    "‰": "[ppth] | ‰ | parts per thousand", "kWh": "kW.h | kW·h | kWh | KWH | kwh",
    "l": "L | l | litres | Liter | lít | dm3",
    "m³/s": "m3/s | m3 s-1 | m³·s⁻¹ | m**3 s**-1 | cumecs | m3/sec | Cubic meters per second | M3/S",
    "µmol/m²/s": "umol m-2 s-1 | µmol/m2/s | umol/s/m2",
    # Open-Meteo, OpenAQ, SensorThings, Tasmota, QUDT, OGC
    "µg/m³": "μg/m³ | µg/m3 | ug/m3 | ug/m^3 | µg m-3 | ug.m-3 | Micrograms per cubic meter | microgram per cubic metre"
             " | http://qudt.org/vocab/unit/MicroGM-PER-M3 | unit:MicroGM-PER-M3 | UG/M3"
             " | http://www.qudt.org/qudt/owl/1.0.0/unit/Instances.html#MicrogramPerCubicMeter",
    "ratio": "m³/m³ | fraction | ratio", "chỉ số": "USAQI | EAQI | index", "1/cm³": "particles/cm³ | #/cm3",
    "1/m³": "grains/m³",
    "hPa": "hPa | hpa | HPA | mb | mbar | millibars | HectoPA", "lux": "lx | Lux | LUX | lm/m²",
    "m": "m | metre | Meters | mét"
    " | urn:ogc:def:uom:UCUM::m | http://www.opengis.net/def/uom/UCUM/0/m", "": "1 | count | Count | unitless | NUM",
    "mm": "mm | millimeters | MilliM | http://qudt.org/vocab/unit/MilliM | l/m²", "dBA": "dB(A) | dBA | dba | dB A",
    # Vietnamese water companies, stations of TT 10/2021
    "m³/h": "m3/h | m³/h | m3/hr | m³/giờ | M3/H | m3 h-1 | CMH | cubic metre per hour | M3-PER-HR",
    "m³": "m3 | M3 | mét khối",
    "m³/d": "m3/day | m³/ngày | m3/d | m3/ngày đêm | m³/ngày.đêm | CMD",
    "l/s": "l/s | L/s | lít/giây | LPS | L/S | l s-1",
    "l/min": "l/min | L/min | lít/phút | LPM", "mg/l": "mg/L | mg/l | MG/L | mg l-1 | mg.l-1 | Milligrams per liter",
    "mg/Nm³": "mg/Nm3 | mg/Nm³", "MPN/100ml": "MPN/100 ml | MPN/100mL | MPN/100ML | MPN per 100 ml",
    "phương tiện/h": "xe/giờ | veh/h",
    "CFU/100ml": "CFU/100 mL | cfu/100ml | colonies/100 ml", "tấn/d": "tấn/ngày | t/d",
    "triệu m³": "triệu m3 | 10^6 m³ | hm³",
    # Statistical yearbooks
    "nghìn người": "nghìn người | Nghìn người | ngàn người | 1000 người | 1.000 người | Ngh.người | 10³ người",
    "triệu người": "triệu người | Triệu người | tr.người | tr. người", "nghìn hộ": "Nghìn hộ | 1000 hộ",
    "nghìn tỷ đồng": "nghìn tỷ đồng | Nghìn tỉ đồng | ngàn tỷ đồng | 1000 tỷ đồng | 1.000 tỷ đồng",
    "tỷ đồng": "Tỷ đồng | tỉ đồng | tỷ VND", "triệu đồng": "Triệu đồng | tr. đồng | tr.đồng | 10^6 đồng",
    "nghìn đồng": "nghìn đồng | 1000 đ | ngàn đồng | 1.000 đồng",
    "triệu USD": "triệu USD | Triệu đô la Mỹ | triệu US$",
    "tỷ USD": "Tỷ USD | tỉ đô la Mỹ", "nghìn USD": "1000 USD | Nghìn đô la Mỹ", "USD": "USD | đô la Mỹ",
    "nghìn tấn": "nghìn tấn | Nghìn tấn | 1000 tấn | 1.000 tấn", "triệu tấn": "Triệu tấn | tr. tấn | million tonnes",
    "nghìn ha": "nghìn ha | Nghìn ha | 1000 ha | 1.000 ha | nghìn héc ta", "nghìn m³": "Nghìn m3 | 1000 m³ | 1.000 m3",
    "tỷ m³": "tỷ m3", "triệu lít": "Triệu lít", "nghìn lít": "Nghìn lít | 1000 lít", "GWh": "Triệu kWh | triệu kwh",
    "MWh": "nghìn kWh", "TWh": "Tỷ kWh", "tạ": "tạ | Tạ", "tạ/ha": "Tạ/ha | tạ/ha", "tấn/ha": "tấn/ha | Tấn/ha",
    "nghìn con": "Nghìn con | 1000 con | ngàn con", "triệu con": "Triệu con", "triệu quả": "Triệu quả",
    "nghìn cái": "Nghìn cái | Nghìn chiếc | 1000 chiếc", "triệu viên": "Triệu viên",
    "nghìn lượt khách": "Nghìn lượt khách",
    "triệu lượt người": "Triệu lượt người | triệu lượt hành khách",
    "triệu người.km": "Triệu lượt người.km | Triệu HK.km",
    "triệu tấn.km": "Triệu tấn.km", "người/km²": "Người/km2", "nghìn m²": "Nghìn m2 | 1000 m2",
}  # fmt: skip


@pytest.mark.parametrize(("unit", "texts"), WRITTEN.items())
def test_spelling_of_a_source_is_understood(unit: str, texts: str) -> None:
    assert {text: canonical_unit(text) for text in texts.split(" | ")} == dict.fromkeys(texts.split(" | "), unit)


@pytest.mark.parametrize(("spelling", "unit"), SPELLINGS)
def test_every_spelling_of_the_table_is_that_of_its_unit(spelling: str, unit: str) -> None:
    assert canonical_unit(spelling) == canonical_unit(f" {spelling} ") == unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("MW", "MW"), ("mW", "mW"), ("Mw", None), ("mw", None), ("MWh", "MWh"), ("mWh", None), ("mwh", None),
        ("mS", "mS"), ("ms", "ms"), ("MS", None), ("Ms", None), ("MS/cm", None), ("S", "S"), ("s", "s"), ("S/m", "S/m"),
        ("s/m", None), ("Pa", "Pa"), ("PA", None), ("pA", None), ("mPa", None), ("MPa", "MPa"), ("mm", "mm"),
        ("MM", None),
        ("Mm", None), ("M", None), ("m", "m"), ("MV", None), ("mV", "mV"), ("MA", None), ("Mg/l", None), ("MM/H", None),
        ("MHz", "MHz"), ("mHz", None), ("H", None), ("h", "h"), ("D", None), ("T", None), ("t", "tấn"), ("F", None),
        ("G", None), ("g", "g"), ("N", "N"), ("n", None), ("kn", "kn"), ("kN", "kN"), ("KN", None), ("kB", "kB"),
        ("kb", "kbit"), ("KB", None), ("MB", "MB"), ("Mb", "Mbit"), ("mb", "hPa"), ("Bps", "B/s"), ("bps", "bit/s"),
        ("BPS", None), ("MBps", "MB/s"), ("Mbps", "Mbit/s"), ("mbps", None), ("mL", "ml"), ("ML", "Ml"), ("ml/d", None),
        ("ML/d", "Ml/d"), ("Wh", "Wh"), ("WH", "Wh"), ("mmol/l", "mmol/l"), ("MMOL/L", None), ("mSv/h", "mSv/h"),
        ("MSV/H", None), ("ppt", None), ("ton", None), ("mg/l as N", None), ("%LEL", None), ("SCFM", None),
    ],
)  # fmt: skip
def test_case_decides_where_it_changes_the_magnitude(text: str, unit: str | None) -> None:
    assert (canonical_unit(text) if is_known_unit(text) else None) == unit


def test_no_spelling_belongs_to_two_units() -> None:
    units: dict[str, set[str]] = {}
    for spelling, unit in SPELLINGS:
        units.setdefault(spelling, set()).add(unit)
    assert {spelling: names for spelling, names in units.items() if len(names) > 1} == {}


def test_letters_that_units_of_different_magnitude_share_are_read_in_their_own_case_only() -> None:
    exact = {spelling for spelling, _ in SPELLINGS}
    groups: dict[str, set[str]] = {}
    for spelling, unit in SPELLINGS:
        groups.setdefault(spelling.casefold(), set()).add(unit)
    shared = [letters for letters, units in groups.items() if len(units) > 1]
    assert {"mw", "s", "ms", "kn", "mb", "ml", "bps"} <= set(shared)
    for letters in shared:
        variants = {"".join(case) for case in product(*({one.lower(), one.upper()} for one in letters))}
        # The second after a slash may be written S: it is never a siemens.
        assert [text for text in variants if text.replace("/S", "/s") not in exact and is_known_unit(text)] == []


# A spelling that begins with an SI prefix, and what follows the prefix is a unit. The first letter of these is none.
_NO_PREFIX = {"pH", "min", "mph", "Pa"}
PREFIXED = [
    (text, unit) for text, unit in SPELLINGS
    if text[:1] in tuple("mMpP") and text[1:2].isalpha() and is_known_unit(text[1:]) and unit not in _NO_PREFIX
]  # fmt: skip


@pytest.mark.parametrize(("spelling", "unit"), PREFIXED)
def test_prefix_in_the_other_case_is_never_the_same_unit(spelling: str, unit: str) -> None:
    swapped = spelling[0].swapcase() + spelling[1:]
    written = {text for text, owner in SPELLINGS if owner == unit}
    assert swapped in written or not is_known_unit(swapped) or canonical_unit(swapped) != unit


@given(st.sampled_from(PAIRS), st.floats(-1e6, 1e6))
def test_conversion_and_back_gives_the_same_value(pair: tuple[str, str], value: float) -> None:
    unit, target = pair
    assert isclose(convert(convert(value, unit, target), target, unit), value, rel_tol=1e-9, abs_tol=1e-6)


@given(st.sampled_from([rows for rows in QUANTITIES.values() if len(rows) > 1]), st.data(), st.floats(0, 1e4))
def test_conversion_by_way_of_a_third_unit_gives_the_same_value(
    rows: tuple[UnitDefinition, ...], data: st.DataObject, value: float
) -> None:
    one, other, third = (data.draw(st.sampled_from(rows)).name for _ in range(3))
    direct = convert(value, one, other)
    assert isclose(convert(convert(value, one, third), third, other), direct, rel_tol=1e-9, abs_tol=1e-6)


@given(st.sampled_from(unit_names()), st.sampled_from(unit_names()))
def test_only_units_of_one_quantity_are_converted(unit: str, other: str) -> None:
    try:
        convert(1, unit, other)
    except UnknownUnitError:
        assert QUANTITY[unit] != QUANTITY[other]
    else:
        assert QUANTITY[unit] == QUANTITY[other]


@given(st.text(max_size=60) | st.sampled_from(SPELLINGS).map(lambda pair: pair[0].swapcase()))
def test_any_text_is_a_unit_of_the_table_or_unknown(text: str) -> None:
    try:
        unit = canonical_unit(text)
    except UnknownUnitError as error:
        code = error.failure.code  # a ditto mark means the unit of the line above
        assert code in (UnitCode.UNKNOWN, UnitCode.DITTO_MARK) and error.failure == Failure(code, {"unit": text})
    else:
        assert unit in unit_names() and canonical_unit(unit) == unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("giuong", "giường"), ("phan anh", "phản ánh"), ("trieu dong", "triệu đồng"), ("tân", "tấn"),
        ("Ho So", "hồ sơ"),
        ("m³/j", ""), ("m3/phiên", ""), ("MM", ""), ("Mw", ""), ("degrees X", ""), ("furlong", ""), ("", ""),
        ("x" * 500, ""),
    ],
)  # fmt: skip
def test_unit_is_suggested_only_where_nothing_but_tone_marks_differs(text: str, unit: str) -> None:
    assert closest_unit(text) == unit


@given(st.sampled_from(SPELLINGS), st.data())
def test_suggestion_has_the_letters_of_the_text(pair: tuple[str, str], data: st.DataObject) -> None:
    """So that of "m³/j", one letter from m³/s and from m³/h, none is suggested."""
    at = data.draw(st.integers(0, len(pair[0])))
    text = pair[0][:at] + data.draw(st.sampled_from("abcdefghijklmnoprstuvxyABCDFHKMPSW0123/%")) + pair[0][at + 1 :]
    suggestion = "" if is_known_unit(text) else closest_unit(text)
    if suggestion:
        assert _letters(text) in {_letters(spelling) for spelling, unit in SPELLINGS if unit == suggestion}


def _letters(text: str) -> str:
    return slugify(normalize("NFKC", text)).replace("-", "")  # m³ and m3 are one


def test_page_about_units_is_that_of_the_table() -> None:
    """After a change of the table: make units."""
    spec = importlib.util.spec_from_file_location("units_page", ROOT / "scripts/units_page.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text("utf-8") == module.page()


@pytest.mark.parametrize("noun", [rows[0].name for rows in COUNTED.values() if len(rows) > 1])
def test_counted_units_have_all_magnitudes(noun: str) -> None:
    words = {"nghìn": 1e3, "Triệu": 1e6, "triệu": 1e6, "Tỷ": 1e9, "tỉ": 1e9}
    assert [convert(1, f"{word} {noun}", noun) for word in words] == list(words.values())


@pytest.mark.parametrize(
    ("text", "unit"),
    [("lit/s", "l/s"), ("Lit/s", "l/s"), ("lit", "l"), ("triệu lit", "triệu lít"), ("Triệu ha", "triệu ha")],
)
def test_more_spellings(text: str, unit: str) -> None:
    assert canonical_unit(text) == unit


@pytest.mark.parametrize(
    "text", ['"', " ″ ", "”", "''", "〃", "nt", "-nt-", "- NT -", "n.t.", "Như trên", "– như trên –", "ditto", '- " -']
)
def test_ditto_mark_is_no_unit_and_has_a_reason_of_its_own(text: str) -> None:
    with pytest.raises(UnknownUnitError) as caught:
        canonical_unit(text)
    assert caught.value.failure == Failure(UnitCode.DITTO_MARK, {"unit": text})


@pytest.mark.parametrize("text", ["-", '5"', "nt/ha", "tấn nt", "", "'"])
def test_other_text_is_no_ditto_mark(text: str) -> None:
    assert not is_ditto_mark(text)


def test_a_text_of_more_than_eighty_characters_is_no_unit() -> None:
    address = "https://vocabulary.example/uom/UCUM/" + "1" * 41 + "/"
    assert is_known_unit(address + "mm") and not is_known_unit(address + "1/mm")
    assert is_ditto_mark("-" * 79 + '"') and not is_ditto_mark("-" * 80 + '"')
    assert closest_unit("tan" + " " * 77) and not closest_unit("tan" + " " * 78)


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("Nghìn Bộ", 1000, "bộ"), ("Triệu bản", 1e6, "bản"), ("máy", 1, "máy"), ("ngh. bao", 1000, "bao"),
        ("cháu", 1, "cháu"), ("Sinh viên", 1, "sinh viên"), ("bưu cục", 1, "bưu cục"), ("Triệu mét", 1e6, "m"),
        ("triệu hành khách", 1e6, "lượt người"), ("ngh. giường", 1000, "giường"),
    ],
)  # fmt: skip
def test_counts_of_vietnamese_yearbooks(text: str, count: float, unit: str) -> None:
    assert convert(1, text, unit) == count
