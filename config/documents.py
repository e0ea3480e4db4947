"""directives.yaml with the simulated documents beside it, checked and turned into Documents."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

from config import register
from config.checks import named
from config.faults import Fault
from config.folder import At, Folder
from config.register import DocumentRow
from config.yaml_file import YamlFile
from domain.agency import Agency
from domain.directive import Document

# The rows of the simulated documents as of a day.
Generate = Callable[[date], list[dict[str, Any]]]


def read(
    folder: Folder, agencies: Mapping[str, Agency], kpis: Collection[str], today: date, generate: Generate | None,
    *, real: bool,
) -> tuple[Document, ...]:  # fmt: skip
    """All documents; what is wrong goes into the folder's faults. `real`: real sources are on."""
    rows = folder.rows("directives", DocumentRow, ("documents",))
    says = folder.says("directives", "generated")
    if says is not None and says[1] != "directives":
        folder.faults.append(says[0].fault(("generated",), f"nothing makes {says[1]!r}", "generated: directives"))
    elif says is not None and generate is not None:
        made = YamlFile(f"{says[0].name} (generated)", generate(today))
        rows += folder.validated(made, (), made.value, DocumentRow)
    folder.faults += register.faults(rows, agencies)
    folder.faults += [fault for at in rows for fault in _of(at, kpis, real)]
    return tuple(at.row.to_domain() for at in rows)


def _of(at: At[DocumentRow], kpis: Collection[str], real: bool) -> list[Fault]:
    found = [
        fault
        for n, task in enumerate(at.row.tasks)
        for key in task.kpis
        for fault in named(at, "KPI", key, kpis, "tasks", n)
    ]
    if at.row.simulated and real:
        right = "simulated documents belong to a folder of simulated sources"
        found.append(at.fault(f"document {at.row.key!r} is simulated, but real sources are on", right, "simulated"))
    return found
