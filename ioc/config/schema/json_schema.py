"""JSON Schemas of the yaml files, for editors: name of the file -> schema."""

from typing import Any

from pydantic import BaseModel, TypeAdapter

from ioc.config.directive_checks import DocumentRow
from ioc.config.schema.access import AccessRow
from ioc.config.schema.agency import AgencyRow
from ioc.config.schema.base import KpiRow, SourceRow, StationRow, UnitRow
from ioc.config.schema.city import CityRow
from ioc.config.schema.obligation import ObligationRow

_ROW_MODELS: dict[str, type[BaseModel]] = {
    "sources": SourceRow, "stations": StationRow, "kpis": KpiRow, "agencies": AgencyRow, "units": UnitRow,
    "documents": DocumentRow, "duties": ObligationRow,
}  # fmt: skip
_FILE_STEMS = {"documents": "directives"}


def json_schemas() -> dict[str, dict[str, Any]]:
    """What an editor needs to help with each file: a list of rows, alone or under the file's name."""
    made = {"city.yaml": CityRow.model_json_schema(), "access.yaml": AccessRow.model_json_schema()}
    for stem, row in _ROW_MODELS.items():
        schema = TypeAdapter(list[row]).json_schema()  # type: ignore[valid-type]
        shared = schema.pop("$defs", {})
        own = {"generated": {"const": "directives"}} if stem == "documents" else {}
        held = {"type": "object", "properties": {"extends": {"type": "boolean"}, stem: schema, **own}}
        made[f"{_FILE_STEMS.get(stem, stem)}.yaml"] = {"anyOf": [schema, held], "$defs": shared}
    return made
