"""Common codes of UN/CEFACT (Recommendation 20), in which NGSI and other sources write units."""

from collections.abc import Mapping

PIECES = "1"  # one, each, piece: of whatever the series counts; "" would be the unit of any series
# Codes of things that the table has no unit for, but has a unit of the same letters: HPA is not the hectopascal.
_OTHER_CODES = ("AH", "AS", "DB", "GJ", "HA", "HPA", "KA", "KJ", "KPH", "KT", "KW", "LM", "VA")
# Code -> unit of ioc/domain/base/unit_table.py, by quantity; an unknown text where there is none.
UNIT_CODES: Mapping[str, str] = {
    **{code: f"UN/CEFACT {code}" for code in _OTHER_CODES},
    "C62": PIECES, "EA": PIECES, "H87": PIECES, "IE": "người",
    "P1": "%", "NX": "‰", "H60": "ratio", "Q26": "ratio", "59": "ppm", "61": "ppb",
    "MTR": "m", "DMT": "dm", "CMT": "cm", "MMT": "mm", "4H": "µm", "KMT": "km", "FOT": "ft", "INH": "in", "SMI": "mi",
    "NMI": "nmi",
    "MTK": "m²", "CMK": "cm²", "HAR": "ha", "KMK": "km²", "FTK": "ft²", "MIK": "mi²", "ACR": "acre",
    "MTQ": "m³", "LTR": "l", "DMQ": "l", "MLT": "ml", "CMQ": "ml", "K6": "m³", "MAL": "Ml", "R9": "nghìn m³",
    "HMQ": "triệu m³", "H19": "triệu m³", "FTQ": "ft³", "GLL": "gal", "NM3": "Nm³",
    "MQS": "m³/s", "G53": "m³/min", "MQH": "m³/h", "4X": "m³/h", "G52": "m³/d", "TQD": "Ml/d", "G51": "l/s",
    "L2": "l/min", "E32": "l/h", "E17": "ft³/s", "G2": "gal/min", "GB": "gal/d", "Q40": "Nm³/h", "Q39": "Nm³/d",
    "MTS": "m/s", "KMH": "km/h", "KNT": "kn", "HM": "mph", "FS": "ft/s", "2M": "cm/s", "C16": "mm/s", "2X": "m/min",
    "M60": "m/h", "H49": "cm/h", "H81": "mm/min", "H67": "mm/h", "MSK": "m/s²", "M39": "cm/s²",
    "CEL": "°C", "FAH": "°F", "KEL": "K",
    "PAL": "Pa", "A97": "hPa", "MBR": "hPa", "KPA": "kPa", "MPA": "MPa", "BAR": "bar", "D5": "kgf/cm²", "N23": "mH₂O",
    "HN": "mmHg", "F79": "inHg", "PS": "psi", "ATM": "atm",
    "GQ": "µg/m³", "GP": "mg/m³", "A93": "g/m³", "KMQ": "kg/m³", "H29": "µg/l", "M1": "mg/l", "GL": "g/l",
    "C38": "mol/l", "M33": "mmol/l", "C36": "mmol/l", "C34": "mol", "C18": "mmol", "FH": "µmol", "Q30": "pH",
    "D10": "S/m", "H61": "mS/cm", "G42": "µS/cm", "G43": "µS/m", "H43": "S/cm", "SIE": "S", "C27": "mS", "B99": "µS",
    "OHM": "Ω", "B49": "kΩ", "B75": "MΩ", "AMP": "A", "4K": "mA", "B84": "µA", "B22": "kA",
    "A8": "A·s", "AMH": "Ah", "E09": "mAh", "VLT": "V", "2G": "V", "2H": "V", "2Z": "mV", "KVT": "kV",
    "WTT": "W", "C31": "mW", "KWT": "kW", "MAW": "MW", "A90": "GW", "D46": "VA", "KVA": "kVA", "MVA": "MVA",
    "D44": "var", "KVR": "kvar", "MAR": "Mvar", "C79": "kVAh", "K3": "kvarh", "MAH": "Mvarh",
    "JOU": "J", "KJO": "kJ", "3B": "MJ", "GV": "GJ", "WHR": "Wh", "KWH": "kWh", "MWH": "MWh", "GWH": "GWh",
    "B12": "J/m",
    "HTZ": "Hz", "KHZ": "kHz", "MHZ": "MHz", "A86": "GHz", "RPM": "rpm", "M46": "rpm", "DD": "°", "C81": "rad",
    "2N": "dB",
    "D54": "W/m²", "B13": "J/m²", "E43": "J/cm²", "LUX": "lux", "B60": "lux", "KLX": "klux", "LUM": "lm", "CDL": "cd",
    "A24": "cd/m²",
    "SEC": "s", "C26": "ms", "MIN": "min", "HUR": "h", "DAY": "d", "WEE": "tuần",
    "KGM": "kg", "GRM": "g", "MGM": "mg", "MC": "µg", "TNE": "tấn", "KGS": "kg/s", "E93": "kg/h", "F30": "kg/d",
    "F29": "g/s", "E18": "tấn/h", "L71": "tấn/d", "28": "kg/m²", "GM": "g/m²", "GO": "mg/m²", "NEW": "N", "B47": "kN",
    "BQL": "Bq", "A19": "Bq/m³", "D13": "Sv", "C28": "mSv", "P70": "Sv/h", "P71": "mSv/h", "P72": "µSv/h",
    "P73": "nSv/h",
    "AD": "B", "2P": "kB", "4L": "MB", "E34": "GB", "E35": "TB", "E64": "KiB", "E63": "MiB", "E62": "GiB", "E61": "TiB",
    "A99": "bit", "C37": "kbit", "D36": "Mbit", "B68": "Gbit", "E83": "Tbit", "B10": "bit/s", "C74": "kbit/s",
    "E20": "Mbit/s", "B80": "Gbit/s", "P93": "B/s", "P94": "kB/s", "P95": "MB/s", "E68": "GB/s",
}  # fmt: skip
