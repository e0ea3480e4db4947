"""directives.yaml with the simulated documents beside it, checked and turned into Documents."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ioc.config import directive_checks
from ioc.config.cross_checks import check_exists
from ioc.config.directive_checks import DocumentRow
from ioc.config.errors import ConfigFault
from ioc.config.folder import ConfigFolder
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.unreadable import SKIP_UNREADABLE
from ioc.config.yaml_file import YamlFile
from ioc.domain.directives.agency import Agency

# The rows of the simulated documents as of a day.
DocumentGenerator = Callable[[date], list[dict[str, Any]]]


def read_documents(folder: ConfigFolder, today: date, generate: DocumentGenerator | None) -> RowList[DocumentRow]:
    """All documents' rows; what is wrong goes into the folder's faults."""
    rows = folder.rows("directives", DocumentRow, ("documents",))
    says = folder.top_level_value("directives", "generated")
    if says is not None and says[1] != "directives":
        folder.faults.append(says[0].fault(("generated",), f"nothing makes {says[1]!r}", "generated: directives"))
    elif says is not None and generate is not None:
        made = YamlFile(f"{says[0].name} (generated)", generate(today))
        rows += folder.validate_rows(made, (), made.value, DocumentRow)
    return rows


def check_documents(
    rows: RowList[DocumentRow],
    agencies: Mapping[str, Agency],
    agency_names: KnownNames,
    kpis: KnownNames,
    *,
    has_real_sources: bool,
) -> list[ConfigFault]:
    """What is wrong between the documents and all others. `real`: real sources are on."""
    found = directive_checks.check_rows(rows, agencies, agency_names)
    for at in rows:
        found += _check_kpis(at, kpis)
        with SKIP_UNREADABLE:
            if at.row.simulated and has_real_sources:
                right = "simulated documents belong to a folder of simulated sources"
                what = f"document {at.row.key!r} is simulated, but real sources are on"
                found.append(at.fault(what, right, "simulated"))
    return found


def _check_kpis(at: LocatedRow[DocumentRow], kpis: KnownNames) -> list[ConfigFault]:
    found: list[ConfigFault] = []
    with SKIP_UNREADABLE:
        for n, task in enumerate(at.row.tasks):
            with SKIP_UNREADABLE:
                for key in task.kpis:
                    found += check_exists(at, "KPI", key, kpis, "tasks", n)
    return found
