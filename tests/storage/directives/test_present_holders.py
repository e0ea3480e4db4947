"""Every list and file names the agency that holds a task today, as its page, the filter and the statistics do."""

from dataclasses import replace

import pytest

from components.directives.task_export import record, record_columns
from components.directives.task_register import row
from components.directives.task_view import task_facts
from components.ui.export_table import Cell
from components.ui.i18n import t
from components.ui.table import cell
from ioc.directives.briefings import briefing_candidates, briefing_task
from ioc.directives.document_queries import task_at
from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.directives.queries import find_task, register, register_rows, statistics
from ioc.directives.visits import changes_since
from ioc.directives.work_list import my_work
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import Act
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Register
from ioc.domain.directives.rollup import assess_progress
from ioc.domain.directives.statistics import AgencyView
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.directives.register import RegisterQuery, RegisterRow
from tests.domain.directives.cases import at
from tests.poller.running import configured, poll_source
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import AGENCIES, DAY, USERS, Harness

ENDED = at(START + 65 * DAY)  # b has succeeded to c
NAMED: Agencies = {
    key: replace(each, short_name=LocalizedText(f"Sở {key.upper()}")) for key, each in AGENCIES.items()
}  # fmt: skip
OFFICE = USERS["vp"]


@pytest.fixture
def merged(city: Harness) -> Harness:
    """After the end of c: its task d/nv-2 has a petition; e/nv-1 is its part of an order."""
    order, part, _ = make_document("e").tasks
    city.enter(make_document("e", tasks=(order, replace(part, lead="c", coordinating=()))), assign=True)
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REPORT, text="x", petition="Kinh phí", petition_to="ct")
    city.now = ENDED
    return city


def task_row(city: Harness, key: str) -> RegisterRow:
    (found,) = (each for each in register(city.context, RegisterQuery(), OFFICE).rows if each.key == key)
    return found


def exported(city: Harness, found: RegisterRow) -> dict[str, Cell]:
    heads = [column.head for column in record_columns("vi")]
    return dict(zip(heads, record(found, NAMED, {}, "vi"), strict=True))


def test_register_and_its_file_name_the_successor_and_whom_it_was_assigned_to(merged: Harness) -> None:
    (in_file,) = (each for each in register_rows(merged.context, RegisterQuery(), OFFICE) if each.key == "d/nv-2")
    shown = task_row(merged, "d/nv-2")
    assert in_file == shown and (shown.holder, shown.assigned_agency) == ("b", "c")
    cells = row(shown, assess_progress(shown.task, shown.status, Register(), START), NAMED, "vi")
    named = t("register.assigned_to", "vi", holder="Sở B", agency="Sở C")
    assert (cells["holder"], cells["agency"]) == ("Sở B", cell("Sở B", title=named))
    file = exported(merged, in_file)
    assert (file[t("register.holder", "vi")], file[t("register.assigned", "vi")]) == ("Sở B", "Sở C")
    assert find_task(merged.context, "d/nv-2", "vp", OFFICE).holder == "b"
    assert set(statistics(merged.context, None, AgencyView.HELD, OFFICE).by_agency) == {"b"}


def test_part_of_an_order_names_the_successor(merged: Harness) -> None:
    detail = find_task(merged.context, "e/nv-0", "vp", OFFICE)
    assert [part.holder for part in detail.parts] == ["b"]
    assert t("register.assigned_to", "vi", holder="Sở B", agency="Sở C") in task_facts(detail, None, None, NAMED, "vi")


def test_work_lists_changes_and_briefings_name_the_successor(merged: Harness) -> None:
    context, leader = merged.context, USERS["ct"]
    assert {each.row.holder for each in my_work(context, "gd-b", USERS["gd-b"]).work.entries} == {"b"}
    assert {each.holder for each in changes_since(context, 0, "gd-b", USERS["gd-b"]).changes} == {"b"}
    found = briefing_candidates(context, "dam doi", leader)
    assert {each.row.holder for each in found.petitions.entries} == {"b"}
    assert "c" not in {each.holder for each in found.overdue.rows}
    assert briefing_task(context, "d/nv-2", leader).holder == "b"
    then = task_at(context, "d/nv-2", ENDED - 10 * DAY, OFFICE)
    assert then is not None and then[2] == "b", "who is asked today"


def test_task_that_nobody_holds_is_said_to_have_no_holder(merged: Harness) -> None:
    closed = AGENCIES | {"c": replace(AGENCIES["c"], successors=())}
    merged.context = replace(merged.context, agencies=closed)
    nobody = t("directives.no_holder", "vi")
    found = task_row(merged, "d/nv-2")
    assert exported(merged, found)[t("register.holder", "vi")] == nobody
    detail = find_task(merged.context, "d/nv-2", "vp", OFFICE)
    status = detail.state.status(ENDED) if detail.state else None
    markup = task_facts(detail, status, None, NAMED, "vi")
    assert nobody in markup and f"<dt>{t('tasks.assigned', 'vi')}</dt><dd>Sở C</dd>" in markup


def test_instruction_on_a_page_names_the_holder_of_the_moment(city: Harness) -> None:
    given = Instruction("ct", "Kiểm tra", "c", "/chi-so/x", city.now, "x", "1,86 m", START + 90 * DAY)
    key = give_instruction(city.context, given, USERS["ct"]).key
    issue_document(city.context, key, "12/UBND-VP", START, "vp", OFFICE)
    then, city.now = city.now, ENDED
    configuration = replace(configured(poll_source("a")), agencies=AGENCIES, register=Register(agencies=AGENCIES))
    reads = SnapshotCache(city.store, configuration, lambda: city.now)
    holders = [each.holder for moment in (None, then) for each in reads.instructions(["/chi-so/x"], moment)]
    assert holders == ["b", "c"]
