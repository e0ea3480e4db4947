"""Commands about the configuration: `check` it, and write the JSON `schema` of its files."""

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel, TypeAdapter

from components.ui.error_messages import describe
from components.ui.i18n import t
from ioc.cli.context import Context
from ioc.cli.errors import CliCode
from ioc.config.schema.access import AccessRow
from ioc.config.schema.agency import AgencyRow
from ioc.config.schema.base import KpiRow, SourceRow, StationRow, UnitRow
from ioc.config.schema.city import CityRow
from ioc.config.schema.directive import DocumentRow
from ioc.config.schema.obligation import ObligationRow
from ioc.config.schema.webhook import WebhookRow
from ioc.domain.base.failure import Failure
from ioc.domain.base.sqlite_url import sqlite_url
from ioc.domain.base.system_errors import system_failure

if TYPE_CHECKING:
    from ioc.config.configuration import Configuration

_ROW_MODELS: dict[str, type[BaseModel]] = {
    "sources": SourceRow, "stations": StationRow, "kpis": KpiRow, "agencies": AgencyRow, "units": UnitRow,
    "documents": DocumentRow, "obligations": ObligationRow, "webhooks": WebhookRow,
}  # fmt: skip
_FILE_STEMS = {"documents": "directives"}


def check(context: Context) -> int:
    """Print a summary of the configuration. ConfigError with all its faults; StoreError when the store is damaged."""
    configuration, layers = context.checked_configuration()
    _verify_store(context, configuration)
    counts = {
        "sources": len(configuration.sources),
        "on": sum(source.is_enabled for source in configuration.sources),
        "series": sum(len(source.series) for source in configuration.sources),
        "kpis": len(configuration.kpis),
        "documents": len(configuration.register.documents),
        "agencies": len(configuration.agencies),
        "units": len(configuration.units),
    }
    lang, unused = context.lang, ", ".join(layers.unused_files)
    context.print_message("good", folder=context.settings.config, **counts)
    key = "layers_unused" if unused else "layers"
    map_label = context.map_folder or t("commands.schematic", lang)
    context.print_message(key, map=map_label, layers=len(layers.layers), unused=unused)
    return 0


def _verify_store(context: Context, configuration: "Configuration") -> None:
    """Reads every page of the SQLite store, where there is one that this user may open, and compares it."""
    from ioc.cli.stored_meaning import refuse_changed_meaning
    from ioc.storage.db.sqlite_file import path_of, refuse_orphaned_log, refuse_unsound_log
    from ioc.storage.db.store import Store

    data = context.settings.data
    if path := path_of(context.settings.database_url):
        refuse_orphaned_log(path)
        refuse_unsound_log(path)
    if context.settings.database_url == sqlite_url(data / "ioc.db") and os.access(data / "ioc.db", os.W_OK):
        with context.using_data(), closing(Store(context.settings.database_url)) as store:
            store.verify()
            refuse_changed_meaning(store, configuration, context.clock())


def schema(context: Context, folder: str) -> int:
    """Write a JSON Schema for each yaml file, for editors."""
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        for name, body in json_schemas().items():
            path = Path(folder) / f"{name}.schema.json"
            path.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2))
            sys.stdout.write(f"{path}\n")
    except OSError as error:
        failure = Failure(CliCode.FILE_NOT_WRITTEN, {"path": str(path), "cause": system_failure(error)})
        sys.stderr.write(f"{describe(failure, context.lang)}\n")
        return 1
    return 0


def json_schemas() -> dict[str, dict[str, Any]]:
    """File name -> JSON Schema: a list of rows, alone or under the file's key."""
    schemas = {"city.yaml": CityRow.model_json_schema(), "access.yaml": AccessRow.model_json_schema()}
    for list_key, model in _ROW_MODELS.items():
        rows = TypeAdapter(list[model]).json_schema()  # type: ignore[valid-type]
        definitions = rows.pop("$defs", {})
        extra = {"generated": {"const": "directives"}} if list_key == "documents" else {}
        mapping = {"type": "object", "properties": {"extends": {"type": "boolean"}, list_key: rows, **extra}}
        schemas[f"{_FILE_STEMS.get(list_key, list_key)}.yaml"] = {"anyOf": [rows, mapping], "$defs": definitions}
    return schemas
