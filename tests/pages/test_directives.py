"""The pages of the register and of one directive."""

import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import dash
import pytest

from components.directives.directive_card import document_facts
from components.directives.progress_bars import agency_bars, directive_bars
from components.directives.stacked_bar import segments
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Extension, Register, Transfer
from ioc.domain.directives.progress import assess_register, count_tasks
from ioc.domain.snapshot import Line, Snapshot
from ioc.snapshot.view import Frame, View
from tests.city import NOW, full_city
from tests.domain.directives.cases import BASIS, document, finished, progress_report, task

DUE = date(2026, 10, 31)


@pytest.fixture(scope="module")
def frames() -> Iterator[dict[str, Any]]:
    dash.page_registry.clear()
    dash.Dash("directives-test", use_pages=True, pages_folder="")
    yield {
        name: importlib.reload(importlib.import_module(f"pages.{name}")).frame for name in ("directives", "directive")
    }
    dash.page_registry.clear()


def none(key: str, start: datetime, end: datetime, limit: int) -> Line:
    return ()


def view_of(register: Register, lang: str = "vi", **params: str) -> View:
    return View(replace(full_city(), register=register), params, lang, none)


def city() -> Register:
    agencies = {
        key: Agency(
            key,
            LocalizedText(f"Cơ quan {key.upper()} (mô phỏng)"),
            LocalizedText(f"Cơ quan {key.upper()}"),
            is_simulated=True,
        )
        for key in "abc"
    }
    extension = Extension(date(2026, 9, 1), date(2026, 9, 30), DUE, BASIS)
    late = task(
        date(2026, 9, 30), key="late", title=LocalizedText("Kết nối camera"),
        reports=(progress_report(date(2026, 10, 20), 40),),
        extensions=(extension,), transfers=(Transfer(date(2026, 5, 5), "b", BASIS),), coordinating=("c",),
    )  # fmt: skip
    steady = tuple(progress_report(date(2026, 3 + n, 10), 10.0 * n) for n in range(1, 7))
    tasks = (
        late, finished(DUE, DUE, key="done"), task(key="free", reports=steady), task(date(2027, 3, 1), key="silent"),
        task(DUE, key="gone", withdrawn_at=NOW),
    )  # fmt: skip
    simulated = document(*tasks, is_simulated=True, parents=("p",))
    parent = document(key="p", number="9/MP-QĐ", is_simulated=True)
    true = document(task(key="nv"), key="t", number="7/UBND-X", issued_on=None)
    return Register((simulated, parent, true), agencies)


def markup(frame: Frame, key: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", str(frame[key]["markup"])))


def test_every_rate_shows_its_denominator(frames: dict[str, Any]) -> None:
    said_now = markup(frames["directives"](view_of(city())), "directives-counters")
    assert "quá hạn / tổng số 4 nhiệm vụ" in said_now and "quá hạn / 3 nhiệm vụ có thời hạn" in said_now
    assert "quá hạn / 2 đã xác định kết quả thời hạn" in said_now
    assert "25,0 %" in said_now and "33,3 %" in said_now and "50,0 %" in said_now and "1 thu hồi" in said_now


def test_official_and_simulated_documents_are_never_counted_together(frames: dict[str, Any]) -> None:
    frame = frames["directives"](view_of(city()))
    counted = markup(frame, "directives-counters").strip()
    official = "Văn bản của thành phố 1 văn bản · 1 nhiệm vụ · 0 hoàn thành · 0 quá hạn · 1 chưa có báo cáo"
    assert counted.startswith(official)
    assert "4 nhiệm vụ · 2 văn bản" in counted and counted.count("MP") == 6
    stack = str(frame["directives-stack"]["markup"])
    true, simulated = stack.split('<section class="part">')[1:]
    assert "7/UBND-X" in true and "MP" not in true and "badge" not in true
    assert "1/MP-UBND" in simulated and "badge" in simulated and "UBND-X" not in simulated
    bars = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", str(directive_bars(view_of(city()).snapshot, "vi", 1))))
    assert "Văn bản mô phỏng khác MP chưa có báo cáo 1 văn bản · chưa ghi nhận nhiệm vụ" in bars
    assert "Văn bản của thành phố chưa có báo cáo 1 văn bản · 1 nhiệm vụ" in bars


def test_lists_separate_official_and_simulated_documents(frames: dict[str, Any]) -> None:
    late = task(date(2026, 9, 1), key="nv", lead="a", title=LocalizedText("Việc thật"))
    both = city()
    documents = tuple(
        replace(document, tasks=(late,)) if document.key == "t" else document for document in both.documents
    )
    frame = frames["directives"](view_of(replace(both, documents=documents)))
    for panel in ("overdue", "overdue-ages", "agencies"):
        panel_markup = str(frame[f"directives-{panel}"]["markup"])
        assert panel_markup.count('class="box-title"') == 2 and panel_markup.count("badge-simulated") == 1, panel
    overdue = str(frame["directives-overdue"]["markup"])
    assert overdue.index("Việc thật") < overdue.index("badge") < overdue.index("Kết nối camera")
    bars = str(agency_bars(replace(full_city(), register=replace(both, documents=documents)), "vi"))
    assert bars.count('class="agency"') == 3 and bars.count("badge-short") == 2


def test_unjudged_document_is_not_shown_as_zero() -> None:
    bars = str(directive_bars(replace(full_city(), register=city()), "vi", 5))
    true = bars[bars.index("7/UBND-X") :]
    assert "chưa có báo cáo" in true and "0%" not in true.replace(" ", "")


def test_bars_show_the_worst_first_and_sum_up_the_rest() -> None:
    bars = str(directive_bars(replace(full_city(), register=city()), "vi", 1))
    assert bars.index("1/MP-UBND") < bars.index("Văn bản mô phỏng khác") < bars.index("Văn bản của thành phố")
    assert "mô phỏng" in bars and "3/4 báo cáo" in bars


def test_agencies_are_counted_by_holder_or_as_assigned(frames: dict[str, Any]) -> None:
    assert "Cơ quan B" in str(agency_bars(replace(full_city(), register=city()), "vi"))
    by_holder = markup(frames["directives"](view_of(city())), "directives-agencies")
    as_assigned = markup(frames["directives"](view_of(city(), theo="duoc-giao")), "directives-agencies")
    assert "Cơ quan B 0 0 1" in by_holder and "Cơ quan B" not in as_assigned and "Cơ quan A 1 0 1" in as_assigned


@pytest.mark.parametrize(
    ("params", "true", "simulated"),
    [({}, 1, 4), ({"trang-thai": "qua-han"}, 0, 1), ({"trang-thai": "hoan-thanh"}, 0, 1), ({"co-quan": "b"}, 0, 1),
     ({"nam": "1999"}, 0, 0), ({"trang-thai": "chua-bao-cao"}, 1, 1), ({"trang-thai": "khong-thoi-han"}, 1, 1)],
)  # fmt: skip
def test_filters_narrow_every_counter(
    frames: dict[str, Any], params: dict[str, str], true: int, simulated: int
) -> None:
    counters = markup(frames["directives"](view_of(city(), **params)), "directives-counters")
    assert re.findall(r"(\d+) nhiệm vụ ·", counters) == [
        str(number) for number in ([true] if true else []) + [simulated]
    ]


def test_segments_add_up_to_the_total() -> None:
    for view in assess_register(city(), NOW).documents:
        assert sum(segments(view.counts).values()) == view.counts.total == count_tasks(view.tasks).total


def test_exception_queue_shows_the_reason(frames: dict[str, Any]) -> None:
    lost = Register((document(task(lead="z"), is_simulated=True),), city().agencies)
    frame = frames["directives"](view_of(lost))
    assert "Không có z trong danh mục" in markup(frame, "directives-exceptions")
    assert frames["directives"](view_of(city()))["directives-exceptions"]["markup"] == ""


def test_a_directive_shows_holder_addressee_and_both_due_dates(frames: dict[str, Any]) -> None:
    frame = frames["directive"](view_of(city(), key="mp-1-2026"))
    tasks = markup(frame, "directives-tasks")
    assert "Cơ quan B · giao Cơ quan A · phối hợp: Cơ quan C" in tasks
    assert "sang Cơ quan B từ 05/05/2026: Văn bản mô phỏng" in tasks
    assert "31/10/2026" in tasks and "gia hạn 1 lần, thời hạn ban đầu 30/09/2026" in tasks
    assert "quá hạn 24 ngày" in tasks and "hoàn thành đúng hạn" in tasks and "thu hồi" in tasks
    assert "9/MP-QĐ" in markup(frame, "directives-about")


def test_chart_contains_plan_progress_and_forecast_in_tokens(frames: dict[str, Any]) -> None:
    figure = frames["directive"](view_of(city(), key="mp-1-2026"))["directive-progress"]["figure"]
    words = [annotation["text"] for annotation in figure["layout"]["annotations"]]
    assert any(word.startswith("thực hiện") for word in words) and any("ước tính nội bộ" in word for word in words)
    assert "DỮ LIỆU MÔ PHỎNG" in words and len(figure["data"]) == 4
    assert {trace["line"]["color"] for trace in figure["data"] if "line" in trace} == {"@data", "@muted"}


def test_official_document_without_reports_has_no_chart(frames: dict[str, Any]) -> None:
    frame = frames["directive"](view_of(city(), key="t"))
    assert frame["directive-progress"]["figure"]["data"] == []
    assert "Chưa có báo cáo" in markup(frame, "directives-timeline-head")
    assert "chưa rõ" in markup(frame, "directives-about") and "mô phỏng" not in markup(frame, "directives-tasks")


def test_document_without_tasks_and_unknown_key_have_messages(frames: dict[str, Any]) -> None:
    assert "Chưa ghi nhận nhiệm vụ" in markup(frames["directive"](view_of(city(), key="p")), "directives-tasks")
    frame = frames["directive"](view_of(city(), key="<b>"))
    assert 'href="/chi-dao"' in str(frame["directives-about"]["markup"])


def test_unchanged_register_is_rendered_once(frames: dict[str, Any]) -> None:
    register = city()
    snapshot: Snapshot = replace(full_city(), register=register)
    first = frames["directives"](View(snapshot, {}, "vi", none))["directives-stack"]["markup"]
    again = frames["directives"](View(replace(snapshot, version=8), {}, "vi", none))["directives-stack"]["markup"]
    assert first is again


def test_kind_of_document_is_translated() -> None:
    city = full_city()
    document = replace(city.register.documents[0], kind="công văn")
    other = replace(document, kind="thư ngỏ")
    assessment = assess_register(replace(city.register, documents=(document, other)), city.at)
    assert "official letter" in str(document_facts(document, assessment, "en")) and "công văn" in str(
        document_facts(document, assessment, "vi")
    )
    assert "thư ngỏ" in str(document_facts(other, assessment, "en"))
