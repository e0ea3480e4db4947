"""Units that the name of a field ends in: "level_cm", "speedKMH", "Mực nước (cm)"."""

import re
from collections.abc import Mapping

from ioc.domain.base.slug import without_accents
from ioc.domain.base.text_cache import cache_short_texts
from ioc.domain.base.units import is_known_unit

_MAX_NAME = 100  # characters of a name that is looked at
_MAX_IN_BRACKETS = 50  # characters of a title in which its brackets may stand
_IN_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]\s][^()\[\]]*?)\s*[)\]]\s*$")
_SEPARATORS = re.compile(r"[\W_]+")
_STATISTIC = re.compile(r"avg|average|mean|max|min|last|latest|sum|total|now|current|value|\d{1,2}(?:h|min|d)")
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# By the last words of a name, in small letters and joined by "_". Left out is what may mean anything else: single
# letters, "in", "ms", "ha" and "pa" (Bắc Hà, Sa Pa) but for those below, "min" (minimum), "ma" (mã), "kt", "mw".
_SYMBOLS: Mapping[str, str] = {
    "mm": "mm", "cm": "cm", "km": "km", "ft": "ft", "feet": "ft", "inch": "in",
    "inches": "in", "miles": "mi",
    "km_h": "km/h", "kmh": "km/h", "kph": "km/h", "kmph": "km/h", "mph": "mph", "m_s": "m/s", "mps": "m/s", "kn": "kn",
    "kts": "kn", "knot": "kn", "knots": "kn", "cm_s": "cm/s", "mm_h": "mm/h", "mm_hr": "mm/h", "mmh": "mm/h",
    "m3_s": "m³/s", "m3s": "m³/s", "cms": "m³/s", "m3_h": "m³/h", "m3h": "m³/h", "m3_d": "m³/d", "m3_day": "m³/d",
    "l_s": "l/s", "lps": "l/s", "lpm": "l/min", "cfs": "ft³/s", "gpm": "gal/min", "mgd": "Mgal/d",
    "m3": "m³", "km2": "km²",
    "degc": "°C", "celsius": "°C", "degf": "°F", "fahrenheit": "°F", "kelvin": "K",
    "hpa": "hPa", "kpa": "kPa", "mpa": "MPa", "mbar": "hPa", "mmhg": "mmHg", "inhg": "inHg", "psi": "psi",
    "mg_l": "mg/l", "mgl": "mg/l", "ug_l": "µg/l", "ugl": "µg/l", "ug_m3": "µg/m³", "ugm3": "µg/m³", "mg_m3": "mg/m³",
    "mgm3": "mg/m³", "ppm": "ppm", "ppb": "ppb", "pct": "%", "percent": "%",
    "us_cm": "µS/cm", "uscm": "µS/cm", "ms_cm": "mS/cm", "mscm": "mS/cm",
    "kw": "kW", "kwh": "kWh", "mwh": "MWh", "wh": "Wh", "mv": "mV", "kv": "kV", "hz": "Hz", "khz": "kHz", "mhz": "MHz",
    "seconds": "s", "secs": "s", "sec": "s", "minutes": "min", "mins": "min", "hours": "h", "hrs": "h", "days": "d",
    "kg": "kg", "tonnes": "tấn", "bytes": "B", "kbps": "kbit/s", "mbps": "Mbit/s", "vnd": "đồng", "usd": "USD",
    "nghin_dong": "nghìn đồng", "trieu_dong": "triệu đồng", "ty_dong": "tỷ đồng",
    "bar": "bar", "m_bar": "hPa", "mh2o": "mH₂O", "kgf_cm2": "kgf/cm²", "gal": "gal", "gallon": "gal", "gallons": "gal",
    "l_h": "l/h", "l_phut": "l/min", "l_giay": "l/s", "m3_hour": "m³/h",
    "m3_giay": "m³/s", "m3_phut": "m³/min", "m3_gio": "m³/h", "m3_ngay": "m³/d", "m3_ngd": "m³/d", "m2": "m²",
    "g_l": "g/l", "g_m3": "g/m³", "percentage": "%", "w_m2": "W/m²", "kw_m2": "kW/m²", "gwh": "GWh", "kva": "kVA",
    "psu": "PSU", "ntu": "NTU", "fnu": "FNU", "ftu": "FTU", "db": "dB", "dbm": "dBm", "lux": "lux", "rpm": "rpm",
}  # fmt: skip
WORDS: Mapping[str, str] = {
    "metre": "m", "meter": "m", "gram": "g", "litre": "l", "liter": "l", "lit": "l", "watt": "W", "volt": "V",
    "amp": "A", "ampere": "A", "bar": "bar", "pascal": "Pa", "met": "m", "gam": "g",
}  # fmt: skip
PREFIXES: Mapping[str, str] = {
    "": "", "milli": "m", "mili": "m", "centi": "c", "xenti": "c", "deci": "d", "hecto": "h", "kilo": "k", "mega": "M",
}  # fmt: skip


def _in_words() -> Mapping[str, str]:
    """Words with and without prefixes and plurals: "centimetres", "milli_litres"; not "met" and "meter" alone."""
    return {
        f"{prefix}{between}{word}{plural}": symbol + unit
        for prefix, symbol in PREFIXES.items()
        for word, unit in WORDS.items()
        if (prefix or word not in ("met", "gam", "meter")) and is_known_unit(symbol + unit)
        for between in ("", "_")[: 1 + bool(prefix)]
        for plural in ("", "s")
    }


_ENDINGS: Mapping[str, str] = {
    **_in_words(),
    **_SYMBOLS,
    **{ending.replace("_", "_per_"): unit for ending, unit in _SYMBOLS.items() if "/" in unit and "_" in ending},
}
# Those that count behind words that begin so.
_TEMPERATURE = ("temp", "dew", "feels", "heat", "chill", "nhiet", "t")
_LEVEL = ("level", "height", "depth", "elev", "stage", "water", "muc", "nuoc", "wave", "dist", "visib", "alt", "h")
_RAIN = ("rain", "precip", "snow", "mua")
_PRESSURE = ("press", "baro", "slp", "mslp", "qnh", "ap")
_AREA = ("area", "land", "crop", "forest", "rice", "dien", "tich", "rung", "lua")
_SPEED = ("wind", "gust", "speed", "veloc", "gio", "toc")
_ENDINGS_OF: Mapping[str, tuple[tuple[str, ...], str]] = {
    "c": (_TEMPERATURE, "°C"), "f": (_TEMPERATURE, "°F"), "k": (_TEMPERATURE, "K"), "m": (_LEVEL, "m"),
    "in": (_RAIN, "in"), "ms": (_SPEED, "m/s"), "mb": (_PRESSURE, "hPa"), "pa": (_PRESSURE, "Pa"),
    "ha": (_AREA, "ha"), "met": (_LEVEL, "m"), "meters": (_LEVEL, "m"), "w": (("power", "cong"), "W"),
}  # fmt: skip
_CASED = {"MW": "MW", "mW": "mW", "mA": "mA", "dBA": "dBA"}
# Without anything that separates them: "windspeedmph", "tempinf", "rainin", "TempC_SHT".
_JOINED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)[a-z]{3}(?:kmh|kph|kmph)$"), "km/h"),
    (re.compile(r"(?i)[a-z]{3}mph$"), "mph"),
    (re.compile(r"(?i)(?:temp|dewpt)(?:in|out|\d+)?f$"), "°F"),
    (re.compile(r"(?i)(?:temp|dewpt)(?:in|out|\d+)?c$"), "°C"),
    (re.compile(r"(?i)(?:rain|precip)(?:fall)?in$"), "in"),
    (re.compile(r"(?i)(?:^|[^a-z])l(?:_per)?_min$"), "l/min"),  # "min" is not the minimum here
    (re.compile(r"[Tt]empF(?:_|\d)"), "°F"),
    (re.compile(r"[Tt]empC(?:_|\d)"), "°C"),
)


def known_endings() -> Mapping[str, str]:
    """Endings of `ending_unit` with their units, without WORDS and "per"; with the words that some count behind."""
    behind = {
        f"{'/'.join(start + '…' * (len(start) > 1) for start in starts)}_{ending}": unit
        for ending, (starts, unit) in _ENDINGS_OF.items()
    }
    return {**_SYMBOLS, **behind, **_CASED}


@cache_short_texts(8192)
def text_in_brackets(title: str) -> str:
    """What the brackets hold with which a title ends, "cm" of "Level (cm)"; "" for none."""
    match = _IN_BRACKETS.search(title[-_MAX_IN_BRACKETS:])
    return match[1] if match else ""


def unit_at_end(title: str) -> str:
    """The known unit in brackets with which a title ends, "" for none."""
    text = text_in_brackets(title)
    return text if text and is_known_unit(text) else ""


@cache_short_texts(8192)
def ending_unit(name: str) -> str:
    """The unit that the name of a field ends in, before brackets, or is; "" for none, or for what may be a word.

    Behind a space only one in small letters, without accents, counts: "Hồ M3" and "Nhiệt độ phòng F" are places.
    """
    words = _IN_BRACKETS.sub("", name).split() if len(name) <= _MAX_NAME else []
    while len(words) > 1 and _STATISTIC.fullmatch(words[-1].lower()):
        words.pop()
    last = words[-1] if words else ""
    plain = without_accents(last)
    if len(words) > 1 and last.isalnum() and not (last.islower() and last.isascii()):
        return ""
    for written in (plain, _CAMEL_CASE.sub("_", plain)):
        words = [word for word in _SEPARATORS.split(written) if word]
        if unit := _unit_of_words(words):
            return unit
    return next((unit for pattern, unit in _JOINED if pattern.search(plain)), "")


def _unit_of_words(words: list[str]) -> str:
    while len(words) > 1 and _STATISTIC.fullmatch(words[-1].lower()):
        words.pop()
    lower = [word.lower() for word in words]
    if len(words) > 1 and words[-1] in _CASED:
        return _CASED[words[-1]]
    for count in (3, 2, 1):
        if count <= len(lower) and (unit := _ENDINGS.get("_".join(lower[-count:]))):
            return unit
    starts, unit = _ENDINGS_OF.get(lower[-1], ((), "")) if lower else ((), "")
    is_of_it = any(
        word == start or word.startswith(start) > (len(start) == 1) for word in lower[:-1] for start in starts
    )
    return unit if is_of_it else ""
