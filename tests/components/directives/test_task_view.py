"""What the page of a task says of its facts: links to document and order, late work, reports without a percentage."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from components.directives.directive_card import task_progress
from components.directives.task_history import task_timeline
from components.directives.task_register import row
from components.directives.task_view import status_label, task_facts
from components.directives.task_widgets import status_label as list_label
from components.ui.i18n import t
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import Act, ActFields, TaskEvent
from ioc.domain.directives.assignment import resolve_assignment
from ioc.domain.directives.directive import Document, Register, Task
from ioc.domain.directives.evidence import DraftEvidence, EvidenceFile, EvidenceType
from ioc.domain.directives.rollup import TaskView, assess_progress, view_task
from ioc.domain.directives.task_fold import fold
from ioc.domain.directives.task_status import DeadlineState
from ioc.storage.directives.act_drafts import ActDraft, DraftReturn
from ioc.storage.directives.register import RegisterRow
from ioc.storage.directives.schema import TaskKind
from tests.domain.directives.act_cases import AGENCIES
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START

DAY = timedelta(days=1)
ORDER = Task("nv-1", LocalizedText("Cấm <đổ> rác"), "a", START, is_order=True)
PART = Task("nv-1-b", LocalizedText("Phần của B"), "b", START, START + 10 * DAY, part_of="nv-1")
DOCUMENT = Document(
    "vb-1", "1/MP-CT", LocalizedText("Giữ sạch phố"), "chỉ thị", "a", START, None, (ORDER, PART)
)  # fmt: skip


@dataclass
class Detail:
    """A task with the acts that were done to it."""

    history: tuple[TaskEvent, ...]
    task: Task = PART
    document: Document = DOCUMENT
    holder: str = "b"
    parts: tuple[Any, ...] = ()
    titles: dict[str, str] = field(default_factory=dict)
    evidence: dict[int, Any] = field(default_factory=dict)
    unit: None = None
    drafts: tuple[Any, ...] = ()
    ended_drafts: tuple[Any, ...] = ()

    @property
    def state(self) -> Any:
        return fold(self.history)


def events(*acts: tuple[Act, ActFields]) -> tuple[TaskEvent, ...]:
    first = (Act.ASSIGN, ActFields(agency="b", due=START + 10 * DAY, assigned_on=START))
    return tuple(
        TaskEvent(n, "vb-1/nv-1-b", act, at(START + n * DAY), stated=stated)
        for n, (act, stated) in enumerate((first, *acts), 1)
    )


def facts(*acts: tuple[Act, ActFields]) -> str:
    detail = Detail(events(*acts))
    status = detail.state.status(at(START + 9 * DAY))
    return task_facts(detail, status, assess_progress(PART, status, Register(), START + 9 * DAY), AGENCIES, "vi")


def test_document_and_order_are_links_with_their_names() -> None:
    markup = facts()
    assert '<a class="link" href="/van-ban/vb-1">1/MP-CT</a> Giữ sạch phố' in markup
    assert '<a class="link" href="/nhiem-vu/vb-1/nv-1">Cấm &lt;đổ&gt; rác</a>' in markup


@pytest.mark.parametrize("act", [Act.REPORT, Act.SUBMIT_COMPLETION])
def test_task_whose_report_has_no_percentage_is_not_said_to_have_none(act: Act) -> None:
    none = t("directives.no_report", "vi")
    assert none in facts((Act.RECEIVE, ActFields()))
    assert none not in facts((Act.RECEIVE, ActFields()), (act, ActFields(text="Xong")))


def test_report_of_less_progress_than_before_is_marked_on_the_page_and_in_its_history() -> None:
    reports = [(Act.REPORT, ActFields(text="Đang làm", percent=percent)) for percent in (60.0, 40.0)]
    mark = t("tasks.fallen_from", "vi", n="60")
    first, both = ((Act.RECEIVE, ActFields()), reports[0]), ((Act.RECEIVE, ActFields()), *reports)
    assert mark in facts(*both) and mark not in facts(*first)
    history = task_timeline(Detail(events(*both)), AGENCIES, {}, "vi")
    newest, earlier = history.split(t("tasks.stated_percent", "vi", n="60"))
    assert mark in newest and mark not in earlier


def progress_of(percent: float, days: int) -> tuple[str, dict[str, Any], str]:
    """The progress of PART `days` after its assignment: on its page, in the register, on the page of directives."""
    reported = (Act.REPORT, ActFields(text="Đang làm", percent=percent))
    detail, day = Detail(events((Act.RECEIVE, ActFields()), reported)), START + days * DAY
    status = detail.state.status(at(day))
    item = RegisterRow(
        "vb-1/nv-1-b", 3, PART, TaskKind.PART, "vb-1", "1/MP-CT", False, "b", "b", status, False, Act.REPORT, None, None
    )  # fmt: skip
    assignment = resolve_assignment("b", (), AGENCIES, START)
    view = view_task(DOCUMENT, PART, status, assignment, 1.0, Register(), day)
    progress = assess_progress(PART, status, Register(), day)
    cell: Any = row(item, progress, AGENCIES, "vi")["percent"]
    return task_facts(detail, status, progress, AGENCIES, "vi"), cell, str(task_progress(view, "vi"))


def test_bars_of_an_open_task_have_a_tick_at_the_plan() -> None:
    markup, cell, _ = progress_of(40, 9)
    assert 'class="plan-bar' in markup and "kế hoạch 90 %" in markup and "left:90.0%" in markup
    assert (cell["text"], cell["title"], cell["bar"]) == ("40 %", "kế hoạch 90 %", {"width": 40, "plan": 90.0})


@pytest.mark.parametrize(
    ("percent", "days", "severity", "sign"),
    [(40, 9, "critical", "◆"), (0, 9, "critical", "◆"), (80, 9, "attention", "▲"), (97, 12, "normal", None)],
)
def test_severity_of_a_bar_is_that_of_points_behind_plan_on_every_page(
    percent: float, days: int, severity: str, sign: str | None
) -> None:
    markup, cell, directives = progress_of(percent, days)
    assert f"bar-{severity}" in directives and f"bar-{severity}" in markup
    assert (cell["kind"], cell.get("sign")) == (severity, sign)
    bar = markup.partition('class="task-progress"')[2]
    assert (f"mark-{severity}" in bar) is (sign is not None)


def test_lists_and_bars_of_a_reported_task_without_a_percentage_do_not_say_that_nothing_was_reported() -> None:
    none, given = t("directives.no_report", "vi"), t("tasks.no_percent", "vi")
    far = replace(PART, due=START + 60 * DAY)
    returned = ((Act.SUBMIT_COMPLETION, ActFields(text="Xong")), (Act.RETURN_COMPLETION, ActFields(text="Thiếu")))
    for acts, text in (((), none), (((Act.REPORT, ActFields(text="Xong một phần")),), given), (returned, given)):
        state = replace(Detail(events((Act.RECEIVE, ActFields()), *acts)).state, due=far.due)
        status = state.status(at(START + 9 * DAY))
        view = TaskView(DOCUMENT, far, status, resolve_assignment("b", (), AGENCIES, START), 1.0, None, None, 0, None)
        assert list_label(status, "vi") == text
        assert f'aria-label="{text}"' in str(task_progress(view, "vi"))


def test_work_that_was_finished_late_is_not_in_the_colour_of_success() -> None:
    state = Detail(events((Act.RECEIVE, ActFields()), (Act.SUBMIT_COMPLETION, ActFields(text="Xong")))).state
    status = state.status(at(START + 9 * DAY))
    late = replace(status, deadline_state=DeadlineState.DONE_LATE)
    assert 'class="task-state is-attention"' in str(status_label(late, "vi"))
    in_time = replace(status, deadline_state=DeadlineState.DONE_ON_TIME)
    assert 'class="task-state is-done"' in str(status_label(in_time, "vi"))


def test_adjustment_that_is_granted_without_a_day_shows_none() -> None:
    asked = (Act.REQUEST_ADJUSTMENT, ActFields(text="Thêm phần", due=START + 30 * DAY))
    history = events(asked, (Act.DECIDE_ADJUSTMENT, ActFields(is_granted=True, refers_to=2)))
    detail = Detail(history)
    assert detail.state.due == START + 10 * DAY
    day = t("tasks.stated_due", "vi", day=f"{START + 30 * DAY:%d/%m/%Y}")
    assert task_timeline(detail, AGENCIES, {}, "vi").count(day) == 1


def test_grant_without_a_day_of_its_own_shows_the_one_that_was_asked_for() -> None:
    asked = (Act.REQUEST_EXTENSION, ActFields(text="Mưa", due=START + 30 * DAY))
    history = events((Act.RECEIVE, ActFields()), asked, (Act.DECIDE_EXTENSION, ActFields(is_granted=True, refers_to=3)))
    markup = task_timeline(Detail(history), AGENCIES, {}, "vi")
    day = t("tasks.stated_due", "vi", day=f"{START + 30 * DAY:%d/%m/%Y}")
    assert markup.count(day) == 2
    refused = (*history[:3], replace(history[3], stated=ActFields(is_granted=False, refers_to=3)))
    assert task_timeline(Detail(refused), AGENCIES, {}, "vi").count(day) == 1


def test_draft_that_nobody_can_send_is_read_on_its_task() -> None:
    draft = ActDraft(1, Act.REPORT, "b", at(START), "nguoi-b", "cb-b", ActFields(text="Đã <đo> xong", percent=40))
    detail = Detail(events(), titles={"cb-b": "Chuyên viên B"}, ended_drafts=(draft,))
    markup = task_timeline(detail, AGENCIES, {}, "vi")
    assert t("tasks.ended_drafts", "vi", n=1) in markup
    assert all(words in markup for words in ("Đã &lt;đo&gt; xong", "40 %", "Chuyên viên B"))
    assert "tasks.ended" not in markup and "<details>" not in task_timeline(Detail(events()), AGENCIES, {}, "vi")


def test_drafts_of_the_agency_say_for_whom_they_wait() -> None:
    handed_over = ActDraft(1, Act.REPORT, "b", at(START), "nguoi-b", "cb-b", ActFields(text="Đã đo xong"))
    returned = replace(handed_over, act=Act.SUBMIT_COMPLETION, returned=DraftReturn("gd-b", "Thiếu <phụ lục>"))
    titles = {"cb-b": "Chuyên viên B", "gd-b": "Giám đốc B"}
    file = DraftEvidence(7, EvidenceFile("phụ-lục.pdf", EvidenceType.PDF, 900, "ab" * 32), "nguoi-b", at(START))
    drafts = (replace(handed_over, files=(file,)), returned)
    markup = task_timeline(Detail(events(), titles=titles, drafts=drafts), AGENCIES, {}, "vi")
    assert markup.count("“Đã đo xong”") == 2 and 'href="/files/draft-evidence/7">phụ-lục.pdf<' in markup
    assert markup.count(t("tasks.waits_for_leader", "vi")) == 1
    assert "Giám đốc B trả lại" in markup and "Thiếu &lt;phụ lục&gt;" in markup


@pytest.mark.parametrize(("shift", "words"), [(timedelta(minutes=9), "tiếp nhận trong ngày"), (DAY, "sau 1 ngày")])
def test_receipt_counts_from_the_moment_at_which_the_task_came(shift: timedelta, words: str) -> None:
    came = at(START + 20 * DAY, 18)
    stated = ActFields(agency="b", assigned_on=START)
    acts = ((Act.ASSIGN, came, stated), (Act.RECEIVE, came + shift, ActFields()))
    history = tuple(TaskEvent(n, "t", act, moment, stated=each) for n, (act, moment, each) in enumerate(acts, 1))
    detail = Detail(history)
    assert words in task_facts(detail, detail.state.status(came + shift), None, AGENCIES, "vi")
    moved = TaskEvent(3, "t", Act.TRANSFER, came + 2 * DAY, stated=ActFields(agency="a", basis="1/TB"))
    after = Detail((*history, moved))
    assert "tiếp nhận" not in task_facts(after, after.state.status(came + 2 * DAY), None, AGENCIES, "vi")
