"""The instructions that were given on what a page shows: all that were read can be opened."""

from datetime import UTC, date, datetime

import pytest

from components.directives import instruction_list
from components.directives.instruction_list import issued_instructions
from ioc.domain.directives.directive import InstructionOrigin
from ioc.domain.directives.instruction import IssuedInstruction
from ioc.domain.directives.task_status import DeadlineState, TaskStatus, WorkState

AT = datetime(2026, 11, 24, 1, tzinfo=UTC)
DUE = date(2026, 12, 1)
STATUS = TaskStatus(WorkState.ACTIVE, DeadlineState.ON_TRACK, DUE, DUE, 0, AT.date(), None, None)


def instruction(number: int) -> IssuedInstruction:
    origin = InstructionOrigin("/chi-so/a", AT, "a", "1", "b", None, f"Việc số {number}.", "ct", AT)
    return IssuedInstruction("d", f"d/nv-{number}", f"{number}/UBND", origin, "b", STATUS, is_simulated=False)


def test_earlier_instructions_are_folded_and_the_limit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instruction_list, "MAX_OF_PAGE", 12)
    markup = str(issued_instructions([instruction(n) for n in range(12)], {}, "vi"))
    shown, _, folded = markup.partition("<details>")
    assert "Việc số 9." in shown and "Việc số 11." in folded and "Xem 2 ý kiến trước đó" in folded
    assert "Chỉ hiện 12 ý kiến mới nhất" in folded and "/so-van-ban" in folded


def test_few_instructions_are_neither_folded_nor_cut() -> None:
    markup = str(issued_instructions([instruction(n) for n in range(10)], {}, "vi"))
    assert "<details>" not in markup and "mới nhất" not in markup
