"""Tasks that people act on in the program, on pages that everybody sees."""

import re
from dataclasses import replace

from components.directives.followed_tasks import followed_panel
from components.directives.progress_bars import agency_bars, directive_bars
from components.screens.public_page import public_page
from components.ui.i18n import t
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.followed import FollowedPart, FollowedTasks
from ioc.domain.directives.handling import HandlingFigures
from ioc.domain.directives.statistics import AgencyView, GroupedTasks, TaskGroup, collect_statistics
from ioc.domain.directives.task_numbers import TaskNumbers
from ioc.domain.directives.task_status import DeadlineState, WorkState
from ioc.domain.snapshot import Snapshot
from tests.city import NOW, full_city, old_city


def part(*sizes: tuple[str, DeadlineState, int], is_simulated: bool = False) -> FollowedPart:
    """Tasks of these agencies and states; overdue ones for less than 30 days."""
    groups = [
        TaskGroup(
            agency,
            WorkState.DONE if state is DeadlineState.DONE_ON_TIME else WorkState.ACTIVE,
            state,
            state,
            0 if state is DeadlineState.OVERDUE else None,
            True,
            False,
            False,
            size,
        )
        for agency, state, size in sizes
    ]
    day = NOW.date()
    return FollowedPart(
        collect_statistics(GroupedTasks(groups), NOW, day, AgencyView.HELD, full_city().register.agencies), is_simulated
    )


DONE, LATE, TIME = DeadlineState.DONE_ON_TIME, DeadlineState.OVERDUE, DeadlineState.ON_TRACK
HELD = part(("mp-a", DONE, 46), ("mp-a", LATE, 3), ("mp-b", TIME, 33))
ROW = t("directives.followed_short", "vi")


def city_with(*parts: FollowedPart, **more: object) -> Snapshot:
    return replace(full_city(), followed=FollowedTasks(parts, **more))  # type: ignore[arg-type]


def numbers_of(markup: str, agency: str) -> list[str]:
    """The counts beside the bars of an agency, of official and of simulated tasks."""
    rows = [row for row in markup.split('<div class="agency">')[1:] if f">{agency}" in row]
    return ["·".join(re.findall(r"<span title=[^>]*>(\d+)</span>", row)) for row in rows]


def test_overview_shows_what_is_done_and_overdue_of_what_people_act_on() -> None:
    markup = str(directive_bars(city_with(HELD), "vi"))
    row = markup.partition(ROW)[2].partition("</a>")[0]
    assert "<b>46</b><small>/82</small>" in row
    assert t("directives.overdue_n", "vi", n=3) in row and t("directives.tasks", "vi", n=82) in row
    assert ROW not in str(directive_bars(full_city(), "vi"))


def test_official_and_simulated_tasks_are_rows_of_their_own() -> None:
    markup = str(directive_bars(city_with(HELD, part(("mp-a", TIME, 5), is_simulated=True)), "vi"))
    first, second = markup.split(ROW)[1:]
    badge = str(simulated_badge("vi", short=True))
    assert badge in second.partition("</a>")[0] and badge not in first.partition("</a>")[0]


def test_bars_of_agencies_count_both_registers() -> None:
    register = full_city().register
    name = register.agencies["mp-a"].short_name.get("vi")
    before = numbers_of(str(agency_bars(full_city(), "vi")), name)
    followed = city_with(part(("mp-a", LATE, 3), ("mp-a", TIME, 33), is_simulated=True))
    after = numbers_of(str(agency_bars(followed, "vi")), name)
    assert len(before) == len(after) == 1
    (time, soon, late), (new_time, new_soon, new_late) = (map(int, each[0].split("·")) for each in (before, after))
    assert (new_time - time, new_soon - soon, new_late - late) == (33, 0, 3)


def test_bars_say_what_their_numbers_count() -> None:
    counted = part(("mp-a", TIME, 4), ("mp-a", DONE, 1))
    row = str(directive_bars(city_with(counted), "vi")).partition(ROW)[2].partition("</a>")[0]
    assert "phần việc" not in row
    with_parts = replace(counted, statistics=replace(counted.statistics, numbers=TaskNumbers(3, 3)))
    row = str(directive_bars(city_with(with_parts), "vi")).partition(ROW)[2].partition("</a>")[0]
    assert "3 nhiệm vụ, tính theo phần việc: 5" in row
    assert t("directives.agencies_which", "vi") in str(agency_bars(city_with(counted), "vi"))


def test_document_that_is_followed_is_not_counted_twice() -> None:
    city = full_city()
    number = next(each for each in city.register.documents if not each.is_simulated)
    assert number.number in str(directive_bars(city, "vi"))
    keys = frozenset({number.key})
    assert number.number not in str(directive_bars(city_with(HELD, documents=keys), "vi"))
    public = public_page(city_with(HELD, documents=keys), [], True, "vi", style="/a.css", icon="")
    assert number.number not in public and ROW not in public, "the tasks are of internal documents"


def test_page_of_directives_has_counters_agencies_and_ages_of_each_part() -> None:
    city = city_with(HELD, part(("mp-a", TIME, 5), is_simulated=True))
    markup = str(followed_panel(city.followed, city.register, "vi", is_live=True))
    assert markup.count('class="counters"') == 2 and markup.count('class="agency-table"') == 2
    assert "<b>82</b>" in markup and "<b>46</b>" in markup
    assert followed_panel(full_city().followed, city.register, "vi", is_live=True) is None


def test_page_of_directives_tells_how_tasks_were_handled() -> None:
    handled = HandlingFigures(1_240, 1_240 * 103_680, 3, 2, 12, 5, 4)
    one = replace(HELD, statistics=replace(HELD.statistics, handling=handled))
    markup = str(followed_panel(FollowedTasks((one, HELD)), full_city().register, "vi", is_live=True))
    lines = [line.partition("</p>")[0] for line in markup.split('class="box counter-line"')[1:]]
    words = [re.sub("<[^>]+>", "|", line) for line in lines]
    assert "|tiếp nhận sau trung bình 1,2 ngày (1.240 nhiệm vụ)|" in words[0]
    assert "|trả lại báo cáo hoàn thành 3 lần (2 nhiệm vụ)|" in words[0]
    assert "giữ báo cáo 12 ngày sau hạn" in words[0] and "|5 kiến nghị chưa trả lời (4 nhiệm vụ)|" in words[0]
    assert "tiếp nhận" not in words[1] and "trả lại báo cáo hoàn thành 0 lần|" in words[1]


def test_public_page_counts_tasks_of_public_documents_alone() -> None:
    page = public_page(
        city_with(HELD, public_parts=(part(("mp-a", DONE, 1), ("mp-a", LATE, 3)),)), [], True, "vi", style="", icon=""
    )
    row = page.partition(ROW)[2].partition("</tr>")[0]
    assert re.findall(r'data-label="[^"]*">(\d+)<', row) == ["4", "1", "3"]
    assert t("public.followed_done", "vi", n="25") in row


def test_past_moment_without_followed_tasks_has_none() -> None:
    assert ROW not in str(directive_bars(old_city(), "vi"))
