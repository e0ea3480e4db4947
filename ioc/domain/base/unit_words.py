"""Units spelled out in words, in Vietnamese and English: "xăng-ti-mét", "millimetre", "mét khối", "ki lô gam".

Each word of a base unit takes each prefix of the SI, so that no unit lacks a spelling that another one has.
"""

from collections.abc import Iterator, Mapping

from ioc.domain.base.slug import without_accents

_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "": ("",),
    "n": ("nano", "na-nô"),
    "µ": ("micro", "micrô", "mi-crô"),
    "m": ("milli", "mili", "mi-li"),
    "c": ("centi", "xăng-ti", "xăngti", "xen-ti", "xenti"),
    "d": ("deci", "đêxi", "đê-xi", "đề-xi", "đềxi"),
    "h": ("hecto", "hectô", "héc-tô"),
    "k": ("kilo", "kilô", "ki-lô"),
    "M": ("mega", "mêga", "mê-ga"),
    "G": ("giga", "gi-ga"),
    "T": ("tera", "tê-ra"),
}
_BASES: Mapping[str, tuple[str, ...]] = {
    "m": ("metre", "meter", "mét", "met"),
    "g": ("gram", "gam"),
    "l": ("litre", "liter", "lít", "lit"),
    "Pa": ("pascal", "paxcan", "pát-can"),
    "bar": ("bar", "ba"),
    "W": ("watt", "oát"),
    "Wh": ("watt hour", "oát giờ", "watt giờ"),
    "V": ("volt", "vôn"),
    "VA": ("voltampere", "volt ampere", "vôn ampe"),
    "A": ("ampere", "ampe"),
    "J": ("joule", "jun"),
    "Hz": ("hertz", "héc"),
    "N": ("newton", "niutơn", "niu-tơn"),
    "S": ("siemens", "ximen", "xi-men"),
    "Ω": ("ohm", "ôm"),
    "mol": ("mole", "mol"),
    "B": ("byte",),
    "Sv": ("sievert",),
}
_POWERS: Mapping[str, tuple[str, ...]] = {
    "": ("{}",), "2": ("{} vuông", "square {}", "{} squared"), "3": ("{} khối", "cubic {}", "{} cubed"),
}  # fmt: skip
# Words that mean something else, without a prefix: jun is also the month.
_ORDINARY = frozenset({"ba", "von", "oat", "hec", "om", "jun"})
_FRACTIONS = frozenset("nµmcd")  # no byte has them: dB is the decibel
_OTHERS: Mapping[str, str] = {
    "inch": "in", "giây": "s", "phút": "min", "phut": "min", "giờ": "h",
}  # fmt: skip
PARTS: Mapping[str, str] = {"giay": "s", "gio": "h"}  # below a slash only; alone they are also paper and wind


def spelled_units() -> Iterator[tuple[str, str]]:
    """Each word with the symbol that it stands for, which need not be a unit of the table: "deciximen" is dS."""
    yield from _OTHERS.items()
    for base, words in _BASES.items():
        for prefix, starts in _PREFIXES.items():
            if base == "B" and prefix in _FRACTIONS:
                continue
            for power, forms in _POWERS.items() if base == "m" else [("", ("{}",))]:
                symbol = f"{prefix}{base}{power}"
                for written in {form.format(start + word) for form in forms for start in starts for word in words}:
                    yield from ((one, symbol) for one in _variants(written) if one not in _ORDINARY)


def _variants(written: str) -> set[str]:
    """A spelling with and without its hyphens and accents."""
    plain = {written, written.replace("-", ""), written.replace("-", " ")}
    return plain | {without_accents(one) for one in plain}
