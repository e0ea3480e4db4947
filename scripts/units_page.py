"""Writes docs/units.md from the table of units and the unit codes of the protocols.

Run from the repository's root: make units
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap

PAGE = Path(__file__).parents[1] / "docs" / "units.md"
sys.path.insert(0, str(PAGE.parents[1]))

from data_sources._mapping.un_cefact import UNIT_CODES as UN_CEFACT_CODES  # noqa: E402
from data_sources.mqtt.senml import UNIT_CODES as SENML_CODES  # noqa: E402 — found by the line above
from ioc.domain.base.name_units import PREFIXES as NAME_PREFIXES  # noqa: E402
from ioc.domain.base.name_units import WORDS, known_endings  # noqa: E402
from ioc.domain.base.unit_table import COUNTED, PREFIXES, QUANTITIES, UnitDefinition  # noqa: E402
from ioc.domain.base.units import convert, is_known_unit  # noqa: E402

_ROUNDING = 1e-9  # of a conversion of 0

_HEAD = """\
# Units

`make units` writes this page from `ioc/domain/base/unit_table.py`; a test fails when it is out of date. A new unit or
spelling is a change of that table.

**In a row.** `unit` of a series is the unit in which its values are stored and shown. Values in another unit of the
same quantity are converted. A value in a unit of another quantity, or in an unknown one, is rejected with the unit as
the source wrote it. Nothing is guessed.

**`units`** in the options of a row says what the source's own spellings mean: `units: {"m3/gio": m³/h, "-": ""}`. It
comes before all that this page says; `""` is the unit of the series, which `{"": ""}` leaves assumed. `check` validates
it. All protocols that read units have it: http_json, webhook, geojson, mqtt, sql_view, sensorthings, ngsi, openaq,
open_meteo, kiwis, waterml, tt10, spreadsheet (of `unit_column`). In `prometheus`, whose answers name no units, `units`
gives a unit to each series template; so it may in `spreadsheet`.
What only the owner of a source can know:
- ppt is a thousandth in water, a trillionth in air: `units: {ppt: ‰}`. A ton may have 1,000, 907 or 1,016 kg.
- Precipitation in kg m-2 is mm of water: `units: {kg m-2: mm}`.
- Where PSU may stand for g/l: `units: {PSU: g/l}`.

**How a text is read.**
1. As it is spelled below. Spaces, signs of powers (`m3`, `m³`, `m^3`, `m**3`), negative powers (`m s-1`, `m.s-1`), the
   sign of micro (µ, μ, u) and "per" make no difference.
2. Otherwise without regard to case, if that leaves one unit only. Case is always kept where it tells units apart: mW
   and MW, mS and MS, Pa and PA, s and S, kB and kb, mm and MM. Such a text in another case (`MM`, `Mw`) is unknown.
3. Otherwise part by part: `cubic feet per second` is ft³/s, `m³/ngày` is m³/d. Plurals and American spelling make no
   difference.
4. In words: each prefix of the SI before metre, gram, litre, pascal, bar, watt, watt hour, volt, voltampere, ampere,
   joule, hertz, newton, siemens, ohm, mole, byte and sievert, in English and Vietnamese, with or without hyphens and
   accents (`centimet`, `xăng-ti-mét`, `mi-li-mét`, `ki lô gam`, `mét khối`, `kilovoltampere`); `trên` and `mỗi` are
   "per".

Thousands, millions and billions of Vietnamese statistics (`nghìn tấn`, `triệu người`, `tỷ đồng`) are also written with
{prefixes}.

Addresses and prefixes of vocabularies are read too (QUDT, OGC, WMO codes registry, UCUM): `unit:MicroGM-PER-M3`,
`http://codes.wmo.int/common/unit/degC`, `wmoUnit:km_h-1`, `urn:ogc:def:uom:UCUM::cm`.

**Not the same.** NTU, FNU, FTU and NTRU are methods whose values differ in the same water. ppm and ppb are shares and
never become µg/m³. dBA is not dB. mg/Nm³ is not mg/m³, Nm³/h is not m³/h. PSU is not g/l. MPN is not CFU.

## Counts
Each is a quantity of its own. A plain count is `""`.
"""


def page() -> str:
    """The text of docs/units.md."""
    counts = [f"`{row.name}`{_in_brackets(_spellings(row))}" for rows in COUNTED.values() for row in rows]
    table = ["| quantity | unit | value in the first unit | other spellings |", "|---|---|---|---|"]
    for quantity, rows in QUANTITIES.items():
        if quantity not in COUNTED:
            table += _table_rows(quantity, rows)
    prefixes = "; ".join(f"{', '.join(f'`{word}`' for word in words[1:])} for {words[0]}" for words in PREFIXES)
    head = _HEAD.replace("{prefixes}", prefixes)
    return "\n".join([head, ", ".join(counts) + ".", "", "## Quantities", *table, "", *_endings(), *_codes()])


def _table_rows(quantity: str, rows: tuple[UnitDefinition, ...]) -> list[str]:
    first = rows[0].name
    return [
        f"| {'' if n else quantity} | `{row.name}` | {_in_first_unit(row.name, first)} | {_spellings(row)} |"
        for n, row in enumerate(rows)
    ]


def _in_first_unit(name: str, first: str) -> str:
    """What one of the unit is; of a scale with another zero, what 0 and 1 are."""
    if name == first:
        return ""
    zero, unity = convert(0, name, first), convert(1, name, first)
    return f"{zero:.10g} … {unity:.10g}" if abs(zero) > _ROUNDING else f"{unity:.10g}"


def _spellings(row: UnitDefinition) -> str:
    """The spellings that the head of the page does not name as the other words for thousands and millions."""
    others = tuple(f"{word} " for words in PREFIXES if row.name.startswith(f"{words[0]} ") for word in words[1:])
    spellings = [spelling for spelling in filter(None, row.spellings.split(", ")) if not spelling.startswith(others)]
    return ", ".join(f"`{spelling}`" for spelling in spellings)


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _endings() -> list[str]:
    return [
        "## Endings of names",
        "The last words of the name of a field that say its unit, in any case, joined by `_`, a sign or a capital.",
        "In `m3_h` and its like `per` may stand between. `…`: behind a word that begins so. How they count: "
        "[sources.md](sources.md),",
        "**Units in names**.",
        "",
        *_code_list(known_endings()), "",
        "Words, with a plural `s`, and where that is a unit of the table with "
        f"{', '.join(filter(None, NAME_PREFIXES))}:",
        "",
        *_code_list(WORDS), "",
        "`met` and `gam` count with such a word before them only, but `met` behind the words above.", "",
    ]  # fmt: skip


def _codes() -> list[str]:
    known = {code: unit for code, unit in UN_CEFACT_CODES.items() if is_known_unit(unit)}
    others = ", ".join(f"`{code}`" for code in UN_CEFACT_CODES if code not in known)
    return [
        "## Codes of NGSI (UN/CEFACT, Recommendation 20)", *_code_list(known), "",
        f"Unknown, though a unit has the same letters: {others}.", "",
        "## Symbols of SenML (RFC 8428, RFC 8798)",
        "The table above has the other symbols. These are SenML's own, or mean something else than in other sources:",
        "",
        *_code_list(SENML_CODES), "",
        "Unknown: F, H, T, Wb, Gy, kat, sr.", "",
    ]  # fmt: skip


def _code_list(codes: Mapping[str, str]) -> list[str]:
    entries = [
        f"`{code}` {unit if unit not in ('', '1') else 'count'}".replace(" ", "\N{NO-BREAK SPACE}")
        for code, unit in codes.items()
    ]
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in wrap(", ".join(entries) + ".", 120)]


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
