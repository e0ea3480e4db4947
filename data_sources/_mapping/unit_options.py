"""The units that the answers of a source name, and what the row says of them."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import jmespath
from pydantic import AfterValidator

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.field_types import UnitName
from data_sources._mapping.options import RowOptions
from data_sources._mapping.unit_fields import unit_of_code
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.text import shorten
from ioc.domain.base.unit_multiples import loses_multiple, multiple_of
from ioc.domain.base.units import is_known_unit, is_same_unit, meant_unit
from ioc.domain.base.yaml_text import in_yaml
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.value_types import type_of

_MAX_UNIT = 100  # characters of a unit; the address of one in a vocabulary is longer than its symbol


def unit_text(value: Any, path: str) -> str:
    """The text of a unit at `path`, which may be the only one of a list; "" for none. Raises ParseError otherwise."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None or isinstance(value, str):
        return (value or "").strip()
    raise ParseError(MappingCode.UNIT_NOT_TEXT, path=path, kind=type_of(value))


def known_unit(units: Iterable[str]) -> str:
    """The unit that an answer writes in several ways: the known one, else the first; "" for none.

    Raises ParseError when two of them are different known units.
    """
    written = list(filter(None, units))
    known = list(filter(is_known_unit, written))
    for other in known[1:]:
        if not is_same_unit(known[0], other):
            raise ParseError(
                MappingCode.UNITS_DIFFER, first=shorten(known[0], _MAX_UNIT), second=shorten(other, _MAX_UNIT)
            )
    return next(iter([*known, *written]), "")


def _check_multiples(units: dict[str, str]) -> dict[str, str]:
    """`units`, whose spellings in thousands or millions mean so many. Raises ConfigValueError."""
    for text, unit in units.items():
        if unit and loses_multiple(text, unit):
            params = {"text": shorten(text, _MAX_UNIT), "unit": unit}
            if not (right := multiple_of(text, unit)):
                raise ConfigValueError(OptionCode.MULTIPLE_WITHOUT_UNIT, **params)
            raise ConfigValueError(OptionCode.MULTIPLE_LOST, **params, right=right)
    return units


def _ends_in_condition(path: str) -> bool:
    """Whether the last alternative of an expression is `condition && unit`."""
    node = jmespath.compile(path).parsed
    while node["type"] == "or_expression":
        node = node["children"][1]
    return bool(node["type"] == "and_expression")


class UnitOptions(RowOptions):
    """`units`: the source's own spellings -> units of the table (docs/units.md); "" for the unit of the series."""

    units: Annotated[dict[str, UnitName], AfterValidator(_check_multiples)] = {}

    @property
    def unit_codes(self) -> Mapping[str, str]:
        """What the protocol's own codes mean, where the table has another meaning or none. The row overrides them.

        "" is one of them where the protocol need not name a unit.
        """
        return {}

    def unit_of(self, *texts: Any) -> str:
        """The unit that a source writes as `texts`: as `units` says, else the known one, else the first as it is.

        "" for none. Raises ParseError when two of them are different known units.
        """
        written = [text.strip() for text in texts if isinstance(text, str) and text.strip()] or [""]
        meant = [self.unit_codes.get(text, text) for text in written]
        in_row = next(
            (text for text in (*written, *meant) if text in self.units), None
        )  # a reason quotes what is meant
        return shorten(known_unit(meant), _MAX_UNIT) if in_row is None else meant_unit(in_row, self.units)

    def unit_in(self, text: Any, path: str) -> str:
        """The unit that a source writes as `text` at `path`, which may be a field of codes of UN/CEFACT."""
        is_text = isinstance(text, str) and text.strip() not in self.units
        return self.unit_of(unit_of_code(path, text.strip()) if is_text else text)

    def names_unit(self, *texts: Any) -> bool | None:
        """Whether a source names a unit by one of `texts`; None when the row says what an empty one means."""
        if any(text.strip() if isinstance(text, str) else text for text in texts):
            return True
        return None if "" in self.units else False

    def unit_at(self, value: Any, path: str, default: str = "") -> str:
        """The unit that an answer has as `value` at `path`. Raises ParseError for anything but a text.

        Of an empty one `default`, else what the row says it means; without both it is an error too.
        """
        if value is False and "&&" in path and _ends_in_condition(path):
            raise ParseError(MappingCode.UNIT_FALSE, path=path, write=in_yaml(f"{path} || ''"))
        text = unit_text(value, path)
        if not (text or default or "" in self.units or "" in self.unit_codes):
            raise ParseError(MappingCode.UNIT_MISSING, path=path)
        return self.unit_or(default, text if text in self.units else unit_of_code(path, text))[0]

    def unit_or(self, default: str, *texts: Any) -> tuple[str, bool | None]:
        """The unit that a source writes as `texts`, else `default`, that of the row; and whether the source names it.

        None: the row says it. `default` never takes the place of a unit that the source names, except of two that
        contradict each other. Raises ParseError for these where there is no `default`.
        """
        names_unit = self.names_unit(*texts)
        if default and not names_unit:
            return default, None
        try:
            unit = self.unit_of(*texts)
        except ParseError:
            unit = ""
            if not default:
                raise
        return (unit, names_unit) if unit or not default else (default, None)
