"""Units in words: each prefix before each base unit, in Vietnamese and English, also as parts of other units."""

import re

import pytest

from ioc.domain.base.units import canonical_unit, convert, is_known_unit, unit_names

BASES = {
    "m": ("mét", "metre"), "g": ("gam", "gram"), "l": ("lít", "liter"), "Pa": ("pascal", "pascal"),
    "W": ("oát", "watt"),    "V": ("vôn", "volt"),
    "A": ("ampe", "ampere"), "Hz": ("héc", "hertz"), "N": ("niu-tơn", "newton"),
    "S": ("ximen", "siemens"), "Ω": ("ôm", "ohm"), "Wh": ("oát giờ", "watt hour"), "VA": ("vôn ampe", "voltampere"),
}  # fmt: skip
PREFIXES = {
    "": ("", ""), "m": ("mi-li", "milli"), "c": ("xăng-ti", "centi"), "d": ("đề-xi", "deci"), "k": ("ki-lô", "kilo"),
    "µ": ("mi-crô", "micro"), "M": ("mê-ga", "mega"), "G": ("giga", "giga"), "h": ("héc-tô", "hecto"),
}  # fmt: skip
PREFIXED = [(prefix, base) for prefix in PREFIXES for base in BASES if f"{prefix}{base}" in unit_names()]
COMPOUND = [
    (unit, match[1], match[2], match[3])
    for unit in unit_names()
    if (match := re.fullmatch(rf"({'|'.join(filter(None, PREFIXES))})?({'|'.join(BASES)})/(l|m³|h|s)", unit))
]
DENOMINATORS = {
    "l": ("lít", "litre"), "m³": ("mét khối", "cubic metre"), "h": ("giờ", "hour"), "s": ("giây", "second"),
}  # fmt: skip


@pytest.mark.parametrize(("prefix", "base"), PREFIXED)
@pytest.mark.parametrize("language", [0, 1])
def test_a_unit_with_a_prefix_is_known_in_words(prefix: str, base: str, language: int) -> None:
    word = PREFIXES[prefix][language] + BASES[base][language]
    unit = canonical_unit(f"{prefix}{base}")
    assert {canonical_unit(text) for text in (word, word.replace("-", ""), word.replace("-", " "), word.upper())} == {
        unit
    }


@pytest.mark.parametrize(("unit", "prefix", "base", "other"), COMPOUND)
@pytest.mark.parametrize("language", [0, 1])
def test_a_unit_per_another_is_known_in_words(
    unit: str, prefix: str | None, base: str, other: str, language: int
) -> None:
    words = PREFIXES[prefix or ""][language] + BASES[base][language], DENOMINATORS[other][language]
    assert canonical_unit("/".join(words)) == canonical_unit((" trên ", " per ")[language].join(words)) == unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("centimet", "cm"), ("xentimét", "cm"), ("xang ti met", "cm"), ("Mi li mét", "mm"), ("kilogam", "kg"),
        ("ki lô mét vuông", "km²"), ("mét khối", "m³"), ("xăng-ti-mét khối", "ml"), ("đề-xi-mét khối", "l"),
        ("miliba", "hPa"), ("decisiemens per metre", "dS/m"), ("milimét/giờ", "mm/h"),
        ("m3/gio", "m³/h"), ("lit/giay", "l/s"), ("giờ", "h"), ("giây", "s"), ("kilojun", "kJ"), ("megabyte", "MB"),
    ],
)  # fmt: skip
def test_other_spellings(text: str, unit: str) -> None:
    assert canonical_unit(text) == unit


@pytest.mark.parametrize(
    "text",
    [
        "ba", "von", "hec", "centi", "mi-li", "vuông", "mét mét", "kilohồ sơ", "Jun", "gio", "giay", "decibyte",
        "millibyte",
    ],
)  # fmt: skip
def test_words_of_other_meaning_are_no_units(text: str) -> None:
    assert not is_known_unit(text)


def test_a_value_in_words_is_converted() -> None:
    assert convert(150, "xăng-ti-mét", "m") == 1.5
