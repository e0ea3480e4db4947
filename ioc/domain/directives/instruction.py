"""Instructions (ý kiến chỉ đạo) as the page on which they were given shows them."""

from dataclasses import dataclass

from ioc.domain.directives.directive import InstructionOrigin
from ioc.domain.directives.task_status import TaskStatus

MAX_OF_PAGE = 100  # the newest instructions that a page shows


@dataclass(frozen=True, slots=True)
class IssuedInstruction:
    """A task of an instruction that has a number, at a moment. `task`: "document/task". `holder`: key of its agency."""

    document: str
    task: str
    number: str
    origin: InstructionOrigin
    holder: str
    status: TaskStatus
    is_simulated: bool
