"""directives.yaml with the simulated documents beside it, checked and turned into Documents."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ioc.config import cross_checks, directive_checks
from ioc.config.directive_checks import DocumentRow
from ioc.config.errors import ConfigFault
from ioc.config.folder import ConfigFolder
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.row_codes import DirectiveCode, RowCode
from ioc.config.unreadable import SKIP_UNREADABLE
from ioc.config.yaml_file import YamlFile
from ioc.domain.base.failure import Failure
from ioc.domain.directives.agency import Agency

# The rows of the simulated documents as of a day.
DocumentGenerator = Callable[[date], list[dict[str, Any]]]


def read_documents(folder: ConfigFolder, today: date, generate: DocumentGenerator | None) -> RowList[DocumentRow]:
    """The rows of all documents; what is wrong goes into `folder.faults`."""
    rows = folder.rows("directives", DocumentRow, ("documents",))
    generated = folder.top_level_value("directives", "generated")
    if generated is None:
        return rows
    file, generator = generated
    if generator != "directives":
        failure = Failure(DirectiveCode.UNKNOWN_GENERATOR, {"name": str(generator)[:60]})
        folder.faults.append(file.fault(("generated",), failure, Failure(DirectiveCode.GENERATED_FORM)))
    elif generate is not None:
        generated_file = YamlFile(f"{file.name} (generated)", generate(today))
        rows += folder.validate_rows(generated_file, (), generated_file.value, DocumentRow)
    return rows


def check_documents(
    rows: RowList[DocumentRow],
    agencies: Mapping[str, Agency],
    agency_names: KnownNames,
    kpis: KnownNames,
    *,
    has_real_sources: bool,
) -> list[ConfigFault]:
    """What is wrong with the documents and what they name. `has_real_sources`: real sources are enabled."""
    faults = directive_checks.check_rows(rows, agencies, agency_names)
    for located in rows:
        faults += _check_kpis(located, kpis)
        with SKIP_UNREADABLE:
            if located.row.simulated and has_real_sources:
                failure = Failure(DirectiveCode.SIMULATED_WITH_REAL_SOURCES, {"document": located.row.key})
                faults.append(located.fault(failure, Failure(DirectiveCode.SIMULATED_FOLDER), "simulated"))
    return faults


def _check_kpis(located: LocatedRow[DocumentRow], kpis: KnownNames) -> list[ConfigFault]:
    faults: list[ConfigFault] = []
    with SKIP_UNREADABLE:
        for n, task in enumerate(located.row.tasks):
            with SKIP_UNREADABLE:
                for key in task.kpis:
                    faults += cross_checks.check_exists(located, RowCode.UNKNOWN_KPI, key, kpis, "tasks", n)
    return faults
