"""directives.yaml with the simulated documents beside it, checked and turned into Documents."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ioc.config import directive_checks
from ioc.config.cross_checks import named
from ioc.config.directive_checks import DocumentRow
from ioc.config.errors import Fault
from ioc.config.folder import Folder
from ioc.config.located_rows import At, Names, Rows
from ioc.config.unreadable import READABLE
from ioc.config.yaml_file import YamlFile
from ioc.domain.directives.agency import Agency

# The rows of the simulated documents as of a day.
Generate = Callable[[date], list[dict[str, Any]]]


def read(folder: Folder, today: date, generate: Generate | None) -> Rows[DocumentRow]:
    """All documents' rows; what is wrong goes into the folder's faults."""
    rows = folder.rows("directives", DocumentRow, ("documents",))
    says = folder.says("directives", "generated")
    if says is not None and says[1] != "directives":
        folder.faults.append(says[0].fault(("generated",), f"nothing makes {says[1]!r}", "generated: directives"))
    elif says is not None and generate is not None:
        made = YamlFile(f"{says[0].name} (generated)", generate(today))
        rows += folder.validated(made, (), made.value, DocumentRow)
    return rows


def check(
    rows: Rows[DocumentRow], agencies: Mapping[str, Agency], agency_names: Names, kpis: Names, *, real: bool
) -> list[Fault]:
    """What is wrong between the documents and all others. `real`: real sources are on."""
    found = directive_checks.faults(rows, agencies, agency_names)
    for at in rows:
        found += _kpis(at, kpis)
        with READABLE:
            if at.row.simulated and real:
                right = "simulated documents belong to a folder of simulated sources"
                what = f"document {at.row.key!r} is simulated, but real sources are on"
                found.append(at.fault(what, right, "simulated"))
    return found


def _kpis(at: At[DocumentRow], kpis: Names) -> list[Fault]:
    found: list[Fault] = []
    with READABLE:
        for n, task in enumerate(at.row.tasks):
            with READABLE:
                for key in task.kpis:
                    found += named(at, "KPI", key, kpis, "tasks", n)
    return found
