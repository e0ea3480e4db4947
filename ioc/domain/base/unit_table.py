"""The units of measurement: by quantity, each with its factor to the first unit's base and how sources spell it.

Sources: the SI brochure, NIST SP 811 appendix B (US customary and pressure units), UCUM, RFC 8428 and RFC 8798 (SenML),
the WMO codes registry, the parameter units of USGS, QUDT, the statistical yearbooks of Viet Nam. `make units` writes
docs/units.md from this table.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class UnitDefinition(NamedTuple):
    """A unit: value in the base of its quantity = value * factor + offset. `spellings`: of sources, by commas.

    Only those that units.py does not find by itself: it levels out case, spaces, signs of powers, "per" and plurals.
    """

    name: str
    factor: float = 1
    spellings: str = ""
    offset: float = 0


_U = UnitDefinition
# Of thousands, millions and billions: the word of the table, then how sources write it.
PREFIXES = (
    ("nghìn", "ngàn", "ngh.", "1000", "1.000", "10^3", "thousand"),
    ("triệu", "tr.", "1000000", "1.000.000", "10^6", "million"),
    ("tỷ", "tỉ", "10^9", "billion"),
)


def _thousands(noun: str, factor: float = 1, spellings: str = "", most: int = 3) -> tuple[UnitDefinition, ...]:
    """`noun` in thousands, millions and billions, as Vietnamese statistics count.

    `spellings`: other words for the noun, by commas. `most`: how many of the three.
    """
    words = [noun, *filter(None, spellings.split(", "))]
    return tuple(
        _U(f"{prefixes[0]} {noun}", factor * 1000**power, _combined(prefixes, words))
        for power, prefixes in enumerate(PREFIXES[:most], 1)
    )


def _combined(prefixes: Sequence[str], words: Sequence[str]) -> str:
    """Every prefix before every word, by commas, without the first of both."""
    return ", ".join([f"{prefix} {word}" for prefix in prefixes for word in words][1:])


# Counts: each is a quantity of its own, so that beds are never converted to dossiers.
COUNTED: Mapping[str, tuple[UnitDefinition, ...]] = {
    "count": (_U("", spellings="1, count, unitless, dimensionless, {count}, num"),),
    "dossier": (_U("hồ sơ"),),
    "report": (_U("phản ánh"),),
    "bed": (_U("giường", spellings="giường bệnh"), *_thousands("giường", 1, "giường bệnh")),
    "incident": (_U("sự cố"),),
    "outbreak": (_U("ổ dịch"),),
    "vehicle": (_U("phương tiện", spellings="xe, veh, vehicle"), *_thousands("phương tiện", 1, "xe")),
    "person": (_U("người", spellings="person, people"), *_thousands("người", spellings="people")),
    "task": (_U("nhiệm vụ"),),
    "source": (_U("nguồn"),),
    "news item": (_U("tin"),),
    "household": (_U("hộ"), *_thousands("hộ")),
    "visit": (_U("lượt"), *_thousands("lượt")),
    "visitor": (_U("lượt khách"), *_thousands("lượt khách")),
    "passenger": (
        _U("lượt người", spellings="lượt hành khách, hành khách"),
        *_thousands("lượt người", 1, "lượt hành khách, hành khách"),
    ),
    "animal": (_U("con"), *_thousands("con")),
    "piece": (_U("cái", spellings="chiếc"), *_thousands("cái", 1, "chiếc")),
    "tree": (_U("cây"), *_thousands("cây")),
    "egg, fruit": (_U("quả"), *_thousands("quả")),
    "brick, tablet": (_U("viên"), *_thousands("viên")),
    "business": (_U("doanh nghiệp"), *_thousands("doanh nghiệp")),
    "pupil": (_U("học sinh"), *_thousands("học sinh")),
    "subscriber": (_U("thuê bao"), *_thousands("thuê bao")),
    "project": (_U("dự án"),),
    "case of a disease": (_U("ca", spellings="ca bệnh"),),
    "accident, crime": (_U("vụ"),),
    "dwelling": (_U("căn"), *_thousands("căn")),
    "set": (_U("bộ"), *_thousands("bộ")),
    "copy": (_U("bản"), *_thousands("bản")),
    "machine": (_U("máy"), *_thousands("máy")),
    "bag, pack": (_U("bao"), *_thousands("bao")),
    "child": (_U("cháu"), *_thousands("cháu")),
    "student": (_U("sinh viên"), *_thousands("sinh viên")),
    "post office": (_U("bưu cục"),),
}

QUANTITIES: Mapping[str, tuple[UnitDefinition, ...]] = {
    **COUNTED,
    # A mixing ratio is a share; as such it never becomes a mass in a volume.
    "share, mixing ratio": (
        _U("%", 1, "percent, per cent, pct, phần trăm, %RH, %EL, % saturatn, % saturation"),
        _U("‰", 0.1, "permille, per mille, promille, parts per thousand, [ppth], phần nghìn"),
        _U("ratio", 100, "fraction, m3/m3"),
        _U("ppm", 1e-4, "parts per million, part per million, [ppm], ppmv, phần triệu"),
        _U("ppb", 1e-7, "parts per billion, part per billion, [ppb], ppbv, phần tỷ"),
    ),
    "length, depth of rain": (
        _U("m", 1, "metre, mét"), *_thousands("m", 1, "mét", 2),
        _U("dm", 0.1, "decimetre"), _U("cm", 0.01, "centimetre"),
        _U("mm", 0.001, "millimetre, l/m2"), _U("µm", 1e-6, "micrometre, micron"),
        _U("km", 1000, "kilometre"), _U("ft", 0.3048, "foot, feet, [ft_i]"),
        _U("in", 0.0254, "inch, inches, [in_i]"), _U("mi", 1609.344, "mile, [mi_i]"),
        _U("nmi", 1852, "nautical mile, hải lý, [nmi_i]"),
    ),
    "area": (
        _U("m²", 1, "square metre, mét vuông, sq m"), _U("cm²", 1e-4, "square centimetre"),
        _U("ha", 10_000, "hectare, héc ta, har"), *_thousands("ha", 10_000, "héc ta"),
        *_thousands("m²", 1, "mét vuông"),
        _U("km²", 1e6, "square kilometre, kilômét vuông, sq km"),
        _U("ft²", 0.09290304, "square foot, square feet, sq ft, [sft_i]"),
        _U("mi²", 2_589_988.110336, "square mile, sq mi, [smi_i]"), _U("acre", 4046.8564224),
    ),
    "volume": (
        _U("m³", 1, "cubic metre, mét khối, cu m"), _U("l", 0.001, "L, litre, lít, lit, dm3, cubic decimetre"),
        _U("ml", 1e-6, "mL, millilitre, cm3, cubic centimetre"), _U("Ml", 1000, "ML, megalitre"),
        *_thousands("m³", 1, "mét khối", 1), _U("triệu m³", 1e6, "triệu mét khối, tr. m3, hm3, 10^6 m3, million m3"),
        _U("tỷ m³", 1e9, "tỉ m3, tỷ mét khối, 10^9 m3"), *_thousands("lít", 0.001, "lit, l"),
        _U("ft³", 0.028316846592, "cubic foot, cubic feet, cu ft, [cft_i]"),
        _U("gal", 0.003785411784, "US gallon, [gal_us]"),
        _U("ac-ft", 1233.48183754752, "acre-ft, acre foot, acre-foot, acre feet, acre-feet"),
    ),
    "discharge": (
        _U("m³/s", 1, "cumec, CMS, m3s-1"), _U("m³/min", 1 / 60), _U("m³/h", 1 / 3600, "CMH"),
        _U("m³/d", 1 / 86_400, "CMD, m3/ngày đêm, m3/ngày.đêm, m3/ng.đ"), _U("l/s", 0.001, "LPS"),
        _U("l/min", 0.001 / 60, "LPM"), _U("l/h", 0.001 / 3600, "LPH"), _U("Ml/d", 1000 / 86_400),
        _U("ft³/s", 0.028316846592, "cfs, cusec, ft3s-1"),
        _U("gal/min", 0.003785411784 / 60, "gpm"), _U("gal/d", 0.003785411784 / 86_400, "gpd"),
        _U("Mgal/d", 3785.411784 / 86_400, "MGD, million gal/d"),
    ),
    "volume at normal conditions": (_U("Nm³", 1, "normal cubic metre"),),
    "discharge at normal conditions": (_U("Nm³/h"), _U("Nm³/d", 1 / 24), _U("Nm³/s", 3600)),
    "speed, rain rate": (
        _U("m/s", 1, "ms-1, mps"), _U("km/h", 1 / 3.6, "kmh, kph, kmph"),
        _U("kn", 1852 / 3600, "kt, kts, knot, nmi/h, [kn_i]"), _U("mph", 0.44704, "MPH, Mph, mi/h, mp/h"),
        _U("ft/s", 0.3048, "fps"), _U("cm/s", 0.01), _U("mm/s", 0.001), _U("m/min", 1 / 60), _U("m/h", 1 / 3600),
        _U("m/d", 1 / 86_400), _U("cm/h", 0.01 / 3600), _U("cm/d", 0.01 / 86_400), _U("mm/min", 0.001 / 60),
        _U("mm/h", 0.001 / 3600), _U("mm/d", 0.001 / 86_400), _U("in/h", 0.0254 / 3600),
    ),
    "acceleration": (_U("m/s²", 1), _U("cm/s²", 0.01)),
    "temperature": (
        _U("°C", 1, "oC, C, c, degC, Cel, Celsius, degree Celsius, degrees Celsius, degree C, degrees C, độ C"),
        _U("°F", 5 / 9, "oF, degF, [degF], degree F, degrees F, Fahrenheit, degree Fahrenheit, degrees Fahrenheit"
           ", độ F", -160 / 9),
        _U("K", 1, "kelvin", -273.15),
    ),
    "pressure": (
        _U("Pa", 1, "pa, pascal"), _U("hPa", 100, "hectopascal, mbar, mb, millibar"),
        _U("kPa", 1000, "kilopascal"), _U("MPa", 1e6, "megapascal"), _U("bar", 100_000),
        _U("kgf/cm²", 98_066.5, "kg/cm2, kG/cm2"), _U("mH₂O", 9806.65, "mét cột nước, m cột nước, mCN, mWC"),
        _U("mmHg", 133.322387415, "mm[Hg], mm/Hg, millimetre of mercury"),
        _U("inHg", 3386.388640341, "in[Hg], [in_i'Hg], in/Hg, inch of mercury, inches of mercury"),
        _U("psi", 6894.757293168, "[psi], lbf/in2"), _U("atm", 101_325),
    ),
    "mass concentration, salinity, density": (
        _U("µg/m³", 1), _U("ng/m³", 0.001), _U("mg/m³", 1000), _U("g/m³", 1e6), _U("kg/m³", 1e9), _U("ng/l", 1),
        _U("µg/l", 1000), _U("mg/l", 1e6, "MG/L"), _U("g/l", 1e9),
    ),
    "mass concentration at normal conditions": (_U("µg/Nm³", 0.001), _U("mg/Nm³", 1), _U("g/Nm³", 1000)),
    "practical salinity": (_U("PSU", 1, "practical salinity unit"),),
    "amount concentration": (_U("mol/l", 1000, "mol/dm3"), _U("mmol/l", 1, "mol/m3"), _U("µmol/l", 0.001, "mmol/m3")),
    "amount of substance": (_U("mol", 1, "mole"), _U("mmol", 0.001, "millimole"), _U("µmol", 1e-6, "micromole")),
    # Instruments of different optics: their values differ in the same water, so none is converted to another.
    "turbidity (white light, 90°)": (_U("NTU", 1, "{NTU}, nephelometric turbidity unit"),),
    "turbidity (infrared, 90°)": (_U("FNU", 1, "{FNU}, formazin nephelometric unit"),),
    "turbidity (formazin)": (_U("FTU", 1, "formazin turbidity unit"),),
    "turbidity (white light, ratio)": (_U("NTRU"),),
    "colour of water": (_U("Pt-Co", 1, "PtCo, Pt/Co, PCU, mg/l Pt-Co, mg/l PtCo, Hazen"),),
    "true colour of water": (_U("TCU"),),
    "acidity": (_U("pH", 1, "PH, ph, pH unit, PH unit, [pH], std units, standard units, đơn vị pH"),),
    "bacteria (most probable number)": (_U("MPN/100ml", 1, "{MPN}/100mL"), _U("MPN/ml", 100)),
    "bacteria (colonies)": (
        _U("CFU/100ml", 1, "{CFU}/100mL, [CFU]/100mL, colonies/100ml, col/100ml"), _U("CFU/ml", 100, "colonies/ml"),
    ),
    "conductivity": (
        _U("S/m", 1), _U("mS/m", 0.001), _U("µS/m", 1e-6), _U("S/cm", 100), _U("mS/cm", 0.1, "mS/cm @25C, ms/cm"),
        _U("µS/cm", 1e-4, "uS/cm @25C, µmho/cm, µmhos/cm, micromho/cm"), _U("dS/m", 0.1),
    ),
    "conductance": (_U("S", 1, "siemens"), _U("mS", 0.001, "millisiemens"), _U("µS", 1e-6, "microsiemens")),
    "resistance": (_U("Ω", 1, "ohm"), _U("kΩ", 1000, "kohm, kiloohm"), _U("MΩ", 1e6, "Mohm, megaohm")),
    "current": (
        _U("A", 1, "ampere, amp"), _U("mA", 0.001, "milliampere"), _U("µA", 1e-6, "microampere"),
        _U("kA", 1000, "kiloampere"),
    ),
    "charge": (_U("A·s", 1, "coulomb"), _U("Ah", 3600, "A.h, ampere hour"), _U("mAh", 3.6, "mA.h")),
    "voltage": (_U("V", 1, "v, volt, VDC, VAC"), _U("mV", 0.001, "millivolt"), _U("kV", 1000, "kilovolt")),
    "power": (
        _U("W", 1, "w, watt"), _U("mW", 0.001, "milliwatt"), _U("kW", 1000, "kilowatt"), _U("MW", 1e6, "megawatt"),
        _U("GW", 1e9, "gigawatt"),
    ),
    "apparent power": (_U("VA", 1, "voltampere"), _U("kVA", 1000), _U("MVA", 1e6)),
    "reactive power": (_U("var", 1), _U("kvar", 1000), _U("Mvar", 1e6)),
    "energy": (
        _U("J", 1, "joule, Ws"), _U("kJ", 1000, "kilojoule"), _U("MJ", 1e6, "megajoule"), _U("GJ", 1e9, "gigajoule"),
        _U("Wh", 3600, "W.h, watt hour"), _U("kWh", 3.6e6, "kW.h, kW-hr, kilowatt hour"),
        _U("MWh", 3.6e9, "MW.h, megawatt hour, nghìn kWh, ngàn kWh, 1000 kWh"),
        _U("GWh", 3.6e12, "GW.h, gigawatt hour, triệu kWh, tr. kWh, 10^6 kWh"),
        _U("TWh", 3.6e15, "TW.h, terawatt hour, tỷ kWh, tỉ kWh"),
    ),
    "apparent energy": (_U("VAs", 1), _U("VAh", 3600), _U("kVAh", 3.6e6)),
    "reactive energy": (_U("vars", 1), _U("varh", 3600), _U("kvarh", 3.6e6), _U("Mvarh", 3.6e9)),
    "energy per distance": (_U("J/m", 1), _U("Wh/km", 3.6), _U("kWh/km", 3600)),
    "specific energy": (_U("J/kg"),),
    "frequency": (
        _U("Hz", 1, "hertz"), _U("kHz", 1000, "kilohertz"), _U("MHz", 1e6, "megahertz"), _U("GHz", 1e9, "gigahertz"),
    ),
    "rate of events": (
        _U("1/s", 1, "/s, s-1, per second"), _U("1/min", 1 / 60, "/min, min-1, per minute"),
        _U("1/h", 1 / 3600, "/h, h-1, per hour"),
    ),
    "rotation": (_U("rpm", 1, "r/min, rev/min, vòng/phút"),),
    "angle": (
        _U("°", 1, "deg, degree, degrees true, degree true, deg true, degree (angle), arcdegree, lat, lon"),
        _U("rad", 57.29577951308232, "radian"),
    ),
    "level": (_U("dB", 1, "decibel"),),
    "sound level, A-weighted": (_U("dBA", 1, "dB(A), dB-A"),),
    "sound level, C-weighted": (_U("dBC", 1, "dB(C)"),),
    "sound pressure level, unweighted": (_U("dB SPL", 1, "dB[SPL], dB(SPL)"), _U("Bspl", 10, "B[SPL]")),
    "level of power": (_U("dBW", 1), _U("dBm", 1, "", -30)),
    "radar reflectivity": (_U("dBZ"),),
    "irradiance": (_U("W/m²", 1), _U("kW/m²", 1000), _U("W/cm²", 10_000), _U("mW/cm²", 10)),
    "radiant exposure": (
        _U("J/m²", 1), _U("kJ/m²", 1000), _U("MJ/m²", 1e6), _U("J/cm²", 10_000), _U("Wh/m²", 3600),
        _U("kWh/m²", 3.6e6, "kW.h/m2"),
    ),
    "photon flux density": (_U("µmol/m²/s", 1, "µmol/s/m2, µE/m2/s"),),
    "illuminance": (_U("lux", 1, "lx, lm/m2"), _U("klux", 1000, "klx, kilolux")),
    "luminous flux": (_U("lm", 1, "lumen"),),
    "luminous intensity": (_U("cd", 1, "candela"),),
    "luminance": (_U("cd/m²"),),
    "time": (
        _U("s", 1, "sec, second, giây"), _U("ms", 0.001, "millisecond"), _U("min", 60, "MIN, Min, minute, phút"),
        _U("h", 3600, "hr, hour, giờ"), _U("d", 86_400, "day, ngày"), _U("tuần", 604_800, "week, wk"),
    ),
    "mass": (
        _U("kg", 1, "kilogram"), _U("g", 0.001, "gram"), _U("mg", 1e-6, "milligram"), _U("µg", 1e-9, "microgram"),
        _U("ng", 1e-12, "nanogram"), _U("tấn", 1000, "t, tonne, metric ton"),
        _U("lb", 0.45359237, "lbs, pound, [lb_av]"), _U("tạ", 100), _U("yến", 10), *_thousands("tấn", 1000, "tonnes"),
    ),
    "mass flow": (
        _U("kg/s", 1), _U("kg/h", 1 / 3600), _U("kg/d", 1 / 86_400), _U("g/s", 0.001), _U("tấn/h", 1 / 3.6),
        _U("tấn/d", 1 / 86.4), _U("lb/d", 0.45359237 / 86_400, "lbs/day"),
    ),
    # Water of 1 kg/m² stands 1 mm high, but not every kg/m² is water: a row that knows it says `units: {kg m-2: mm}`.
    "mass per area": (
        _U("kg/m²", 1), _U("g/m²", 0.001), _U("mg/m²", 1e-6), _U("tấn/ha", 0.1), _U("tạ/ha", 0.01), _U("kg/ha", 1e-4),
    ),
    "transport of goods": (_U("tấn.km"), *_thousands("tấn.km")),
    "transport of passengers": (
        _U("người.km", 1, "lượt người.km, HK.km, hành khách.km"),
        *_thousands("người.km", 1, "lượt người.km, HK.km, hành khách.km"),
    ),
    "density of population": (_U("người/km²"),),
    "mass flux": (_U("kg/m²/s"),),
    "number concentration": (
        _U("1/m³", 1, "particles/m3, grains/m3, #/m3"), _U("1/l", 1000, "particles/l, #/l"),
        _U("1/cm³", 1e6, "particles/cm3, #/cm3"),
    ),
    "force": (_U("N", 1, "newton"), _U("kN", 1000, "kilonewton")),
    "radioactivity": (_U("Bq", 1, "becquerel"),),
    "activity concentration": (_U("Bq/m³", 1), _U("Bq/l", 1000)),
    "dose of radiation": (_U("µSv", 1), _U("mSv", 1000), _U("Sv", 1e6, "sievert")),
    "dose rate": (_U("nSv/h", 0.001), _U("µSv/h", 1), _U("mSv/h", 1000), _U("Sv/h", 1e6)),
    "information": (
        _U("B", 1, "byte"), _U("kB", 1000, "kilobyte"), _U("MB", 1e6, "megabyte"), _U("GB", 1e9, "gigabyte"),
        _U("TB", 1e12, "terabyte"), _U("KiB", 1024, "kibibyte"), _U("MiB", 1024**2, "mebibyte"),
        _U("GiB", 1024**3, "gibibyte"), _U("TiB", 1024**4, "tebibyte"), _U("bit", 0.125),
        _U("kbit", 125, "kb, kilobit"), _U("Mbit", 125_000, "Mb, megabit"), _U("Gbit", 1.25e8, "Gb, gigabit"),
        _U("Tbit", 1.25e11, "Tb, terabit"),
    ),
    "data rate": (
        _U("bit/s", 1, "bps, b/s"), _U("kbit/s", 1000, "kbps, kb/s"), _U("Mbit/s", 1e6, "Mbps, Mb/s"),
        _U("Gbit/s", 1e9, "Gbps, Gb/s"), _U("B/s", 8, "Bps"), _U("kB/s", 8000, "kBps"), _U("MB/s", 8e6, "MBps"),
        _U("GB/s", 8e9, "GBps"),
    ),
    "money": (
        _U("đồng", 1, "VND, vnđ, đ, ₫"), *_thousands("đồng", 1, "VND, đ", 2),
        _U("tỷ đồng", 1e9, "tỉ đồng, tỷ VND, tỉ VND, billion VND"),
        *_thousands("tỷ đồng", 1e9, "tỉ đồng, tỷ VND", 1),
    ),
    # Rates change: never converted to dong.
    "money in US dollars": (_U("USD", 1, "đô la Mỹ, đôla Mỹ, US$"), *_thousands("USD", 1, "đô la Mỹ, đôla Mỹ, US$")),
    "score": (_U("điểm"),),
    "index": (_U("chỉ số", 1, "index, AQI, USAQI, EAQI"),),
    "cloud cover": (_U("okta", spellings="octa, octas"),),
    "flow of vehicles": (_U("phương tiện/h"), _U("phương tiện/d", 1 / 24)),
}  # fmt: skip
