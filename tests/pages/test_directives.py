"""The register and one directive as screens show them."""

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


def shown(register: Register, lang: str = "vi", **params: str) -> View:
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
    moved = Extension(date(2026, 9, 1), date(2026, 9, 30), DUE, BASIS)
    late = task(
        date(2026, 9, 30), key="late", title=LocalizedText("Kết nối camera"), reports=(progress_report(date(2026, 10, 20), 40),),
        extensions=(moved,), transfers=(Transfer(date(2026, 5, 5), "b", BASIS),), coordinating=("c",),
    )  # fmt: skip
    steady = tuple(progress_report(date(2026, 3 + n, 10), 10.0 * n) for n in range(1, 7))
    tasks = (
        late, finished(DUE, DUE, key="done"), task(key="free", reports=steady), task(date(2027, 3, 1), key="silent"),
        task(DUE, key="gone", withdrawn_at=NOW),
    )  # fmt: skip
    made = document(*tasks, is_simulated=True, parents=("p",))
    parent = document(key="p", number="9/MP-QĐ", is_simulated=True)
    true = document(task(key="nv"), key="t", number="7/UBND-X", issued_on=None)
    return Register((made, parent, true), agencies)


def markup(frame: Frame, key: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", str(frame[key]["markup"])))


def test_every_rate_names_its_denominator(frames: dict[str, Any]) -> None:
    said_now = markup(frames["directives"](shown(city())), "directives-counters")
    assert "quá hạn / tổng số 4 nhiệm vụ" in said_now and "quá hạn / 3 nhiệm vụ có thời hạn" in said_now
    assert "quá hạn / 2 đã xác định kết quả thời hạn" in said_now
    assert "25,0 %" in said_now and "33,3 %" in said_now and "50,0 %" in said_now and "1 thu hồi" in said_now


def test_no_number_counts_true_and_simulated_documents_together(frames: dict[str, Any]) -> None:
    frame = frames["directives"](shown(city()))
    counted = markup(frame, "directives-counters").strip()
    assert counted.startswith("Văn bản có thật 1 văn bản · 1 nhiệm vụ · 0 hoàn thành · 0 quá hạn · 1 chưa đánh giá")
    assert "4 nhiệm vụ · 2 văn bản" in counted and counted.count("MP") == 6
    stack = str(frame["directives-stack"]["markup"])
    true, made = stack.split('<section class="part">')[1:]
    assert "7/UBND-X" in true and "MP" not in true and "badge" not in true
    assert "1/MP-UBND" in made and "badge" in made and "UBND-X" not in made
    bars = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", str(directive_bars(shown(city()).snapshot, "vi", 1))))
    assert "Văn bản mô phỏng khác MP chưa đánh giá được 1 văn bản · chưa ghi nhận nhiệm vụ" in bars
    assert "Văn bản có thật chưa đánh giá được 1 văn bản · 1 nhiệm vụ · chưa có báo cáo" in bars


def test_lists_of_the_register_keep_them_apart_too(frames: dict[str, Any]) -> None:
    late = task(date(2026, 9, 1), key="nv", lead="a", title=LocalizedText("Việc thật"))
    both = city()
    documents = tuple(replace(one, tasks=(late,)) if one.key == "t" else one for one in both.documents)
    frame = frames["directives"](shown(replace(both, documents=documents)))
    for panel in ("todo", "ages", "agencies"):
        seen = str(frame[f"directives-{panel}"]["markup"])
        assert seen.count('class="box-title"') == 2 and seen.count("badge-simulated") == 1, panel
    todo = str(frame["directives-todo"]["markup"])
    assert todo.index("Việc thật") < todo.index("badge") < todo.index("Kết nối camera")
    bars = str(agency_bars(replace(full_city(), register=replace(both, documents=documents)), "vi"))
    assert bars.count('class="agency"') == 3 and bars.count("badge-short") == 2


def test_what_cannot_be_judged_says_so_and_is_never_zero() -> None:
    seen = str(directive_bars(replace(full_city(), register=city()), "vi", 5))
    true = seen[seen.index("7/UBND-X") :]
    assert "chưa đánh giá được" in true and "chưa có báo cáo" in true and "0%" not in true.replace(" ", "")


def test_the_bars_show_the_worst_first_and_sum_up_the_rest() -> None:
    seen = str(directive_bars(replace(full_city(), register=city()), "vi", 1))
    assert seen.index("1/MP-UBND") < seen.index("Văn bản mô phỏng khác") < seen.index("Văn bản có thật")
    assert "mô phỏng" in seen and "3/4 báo cáo" in seen


def test_agencies_stand_as_held_on_the_overview_and_either_way_in_the_register(frames: dict[str, Any]) -> None:
    assert "Cơ quan B" in str(agency_bars(replace(full_city(), register=city()), "vi"))
    held = markup(frames["directives"](shown(city())), "directives-agencies")
    given = markup(frames["directives"](shown(city(), theo="duoc-giao")), "directives-agencies")
    assert "Cơ quan B 0 0 1" in held and "Cơ quan B" not in given and "Cơ quan A 1 0 1" in given


@pytest.mark.parametrize(
    ("params", "true", "made"),
    [({}, 1, 4), ({"trang-thai": "qua-han"}, 0, 1), ({"trang-thai": "hoan-thanh"}, 0, 1), ({"co-quan": "b"}, 0, 1),
     ({"nam": "1999"}, 0, 0), ({"trang-thai": "chua-bao-cao"}, 1, 1), ({"trang-thai": "khong-thoi-han"}, 1, 1)],
)  # fmt: skip
def test_filters_narrow_every_number(frames: dict[str, Any], params: dict[str, str], true: int, made: int) -> None:
    seen = markup(frames["directives"](shown(city(), **params)), "directives-counters")
    assert re.findall(r"(\d+) nhiệm vụ ·", seen) == [str(one) for one in ([true] if true else []) + [made]]


def test_segments_add_up_to_the_total() -> None:
    for view in assess_register(city(), NOW).documents:
        assert sum(segments(view.counts).values()) == view.counts.total == count_tasks(view.tasks).total


def test_the_queue_says_why(frames: dict[str, Any]) -> None:
    lost = Register((document(task(lead="z"), is_simulated=True),), city().agencies)
    frame = frames["directives"](shown(lost))
    assert "Không có z trong danh mục" in markup(frame, "directives-queue")
    assert frames["directives"](shown(city()))["directives-queue"]["markup"] == ""


def test_a_directive_shows_holder_addressee_and_both_due_dates(frames: dict[str, Any]) -> None:
    frame = frames["directive"](shown(city(), key="mp-1-2026"))
    seen = markup(frame, "directives-tasks")
    assert "Cơ quan B · giao Cơ quan A · phối hợp: Cơ quan C" in seen
    assert "sang Cơ quan B từ 05/05/2026: Văn bản mô phỏng" in seen
    assert "31/10/2026" in seen and "gia hạn 1 lần, thời hạn ban đầu 30/09/2026" in seen
    assert "quá hạn 24 ngày" in seen and "hoàn thành đúng hạn" in seen and "thu hồi" in seen
    assert "9/MP-QĐ" in markup(frame, "directives-about")


def test_the_chart_holds_plan_done_and_band_in_tokens(frames: dict[str, Any]) -> None:
    figure = frames["directive"](shown(city(), key="mp-1-2026"))["directive-progress"]["figure"]
    words = [one["text"] for one in figure["layout"]["annotations"]]
    assert any(word.startswith("thực hiện") for word in words) and any("ước tính nội bộ" in word for word in words)
    assert "DỮ LIỆU MÔ PHỎNG" in words and len(figure["data"]) == 4
    assert {one["line"]["color"] for one in figure["data"] if "line" in one} == {"@data", "@muted"}


def test_a_true_document_draws_nothing_it_does_not_know(frames: dict[str, Any]) -> None:
    frame = frames["directive"](shown(city(), key="t"))
    assert frame["directive-progress"]["figure"]["data"] == []
    assert "Chưa đánh giá được" in markup(frame, "directives-course-head")
    assert "chưa rõ" in markup(frame, "directives-about") and "mô phỏng" not in markup(frame, "directives-tasks")


def test_a_document_without_tasks_and_an_unknown_one(frames: dict[str, Any]) -> None:
    assert "Chưa ghi nhận nhiệm vụ" in markup(frames["directive"](shown(city(), key="p")), "directives-tasks")
    frame = frames["directive"](shown(city(), key="<b>"))
    assert "&lt;b&gt;" in str(frame["directives-about"]["markup"])


def test_an_unchanged_day_is_drawn_once(frames: dict[str, Any]) -> None:
    register = city()
    one: Snapshot = replace(full_city(), register=register)
    first = frames["directives"](View(one, {}, "vi", none))["directives-stack"]["markup"]
    again = frames["directives"](View(replace(one, version=8), {}, "vi", none))["directives-stack"]["markup"]
    assert first is again


def test_a_document_s_kind_is_said_in_the_language_of_the_screen() -> None:
    city = full_city()
    document = replace(city.register.documents[0], kind="công văn")
    other = replace(document, kind="thư ngỏ")
    found = assess_register(replace(city.register, documents=(document, other)), city.at)
    assert "official letter" in str(document_facts(document, found, "en")) and "công văn" in str(
        document_facts(document, found, "vi")
    )
    assert "thư ngỏ" in str(document_facts(other, found, "en"))
