"""Files that people send: `POST /files/<kind>` answers with a handle, which a callback passes to its command."""

from collections.abc import Callable
from dataclasses import dataclass

from ioc.directives.staging import SheetStaging
from ioc.domain.access.principal import Principal
from ioc.domain.directives.task_sheet import TaskTable


@dataclass(frozen=True, slots=True)
class SentFile:
    """`name`: as the sender calls it."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class SentFiles:
    """The files that were received.

    `read(handle, principal)`: the file, for the session that sent it; None for none, or after an hour.
    `drop(handle, principal)`: removes it.
    """

    read: Callable[[str, Principal], SentFile | None]
    drop: Callable[[str, Principal], object]


@dataclass(frozen=True, slots=True)
class TaskSheets:
    """Spreadsheets of tasks. `read(file, person)`: their tables, by a process of their own; SheetError.

    `staging`: keeps them between the steps of an import.
    """

    read: Callable[[SentFile, str], tuple[TaskTable, ...]]
    staging: SheetStaging
