"""Forms of figures that were opened before somebody else submitted: they change nothing, and nothing typed is lost."""

import json
import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ioc.domain.access.principal import Role
from ioc.domain.submissions.errors import SubmissionCode
from ioc.storage.access import audit_log
from ioc.submissions.service import MAX_REASON_LENGTH, _normalized_reason
from tests.conftest import empty_store
from tests.domain.submissions.cases import cell
from tests.pages.submission_site import CELLS, LEADER, OTHER, SubmissionSite, sent_ok, sign_in_reporter, site
from tests.pages.test_submission_files import filled_form

__all__ = ["site"]


def sent(site: SubmissionSite, page: str, version: str, x: str, y: str, why: str = "") -> dict[str, Any]:
    """Sends the form of the obligation "other" on one of the two pages."""
    values = site.form(page, "other", version=version) | {
        f"{page}-figure.value": {"x": x, "y": y}, f"{page}-reason.value": why or "trực ban" * (page == "call")
    }  # fmt: skip
    return site.result({"figures": "figures.send", "call": "call.put_down"}[page], values)


def test_lists_follow_the_due_time_and_then_the_order_of_the_configuration(tmp_path: Path) -> None:
    by_column = (cell("p", "1", "A"), cell("q", "2", "A"), cell("r", "1", "B"))
    other = replace(OTHER, key="a-later", agency="a", cells=by_column, requires_approval=True)
    with closing(empty_store(tmp_path)) as store:
        site = SubmissionSite(store, tmp_path, other)
        sign_in_reporter(site)
        rows = site.result("submit.list_owed")["submit-table.rowData"]
        assert [row["id"] for row in rows] == ["d 2026-08", "d 2026-09", "d 2026-10", "a-later 2026-10"]
        values = site.form("figures", "a-later") | {"figures-figure.value": {"p": "1", "q": "2", "r": "3"}}
        assert sent_ok(site.result("figures.send", values))
        opened = {"figures-opened.data": {"key": "a-later", "period": "2026-10"}}
        history = site.result("figures.show_period", opened)["figures-history.markup"]
        assert history.index("A: 1") < history.index("B: 3") < history.index("A: 2")
        site.sign_in_as("binh", Role.LEADER)
        shown = site.result("release.open_submission", {"release-table.cellRendererData": {"value": "1"}})
        figures = shown["release-figures.markup"]
        assert figures.index("<b>1</b>") < figures.index("<b>3</b>") < figures.index("<b>2</b>")


@pytest.mark.parametrize("page", ["figures", "call"])
def test_an_older_form_does_not_undo_the_correction_of_somebody_else(tmp_path: Path, page: str) -> None:
    with closing(empty_store(tmp_path)) as store:
        site = SubmissionSite(store, tmp_path, replace(OTHER, may_phone=True, cells=CELLS))
        site.sign_in_as("an", Role.REPORTER, Role.OPERATOR, agency="b")
        assert sent_ok(sent(site, page, "0", "10", "20,5"))
        version = site.version("other")
        assert f'"data-version": "{version}"' in site.page(f"/{_path(page)}/other?ky=2026-10")
        assert sent_ok(sent(site, page, version, "11", "20,5", "sửa số hộ"))
        # A fault of the older form does not make it a newer one.
        faulty = sent(site, page, version, "10", "ba", "sửa tổng số")
        assert f"{page}-form.data-version" not in faulty
        refused = sent(site, page, version, "10", "30", "sửa tổng số")
        assert not sent_ok(refused) and len(site.queued_bodies("other")) == 2
        # What was typed is kept, and both fields that differ from the present figures say so.
        assert f"{page}-figure.value" not in refused and f"{page}-reason.value" not in refused
        assert refused[f"{page}-figure-error.children"] == {"x": "khác số hiện có: 11", "y": "khác số hiện có: 20,5"}
        assert refused[f"{page}-reason-box.hidden"] is False
        assert sent_ok(sent(site, page, refused[f"{page}-form.data-version"], "11", "30", "sửa tổng số"))
        assert b'"values":{"x":11.0,"y":30.0}' in site.queued_bodies("other")[-1]


def _path(page: str) -> str:
    return {"figures": "nhap-so-lieu", "call": "bao-qua-dien-thoai"}[page]


def test_a_file_for_an_older_form_does_not_undo_the_correction_of_somebody_else(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    body = filled_form(site, C6=10, D6=20.5)
    site.send(x="11")
    site.service.approve(1, LEADER)
    refused = site.send_file("d.xlsx", body, why="gửi lại tệp", version="0")
    assert refused["figures-figure-error.children"] == {"x": "khác số hiện có: 11", "y": ""}
    assert "figures-figure.value" not in refused and "figures-reason.value" not in refused
    assert len(site.queued_bodies()) == 1


def test_personal_data_in_reasons_is_neither_shown_nor_stored(site: SubmissionSite) -> None:
    numbers = ("0100 345 678", "000123456789", "ai.do@mail.example", "13A-123.45")
    reason = f"gọi {', '.join(numbers)} theo Công văn 2322/UBND-KGVX ngày 24/11/2026"
    sign_in_reporter(site)
    site.send()
    site.service.approve(1, LEADER)
    assert sent_ok(site.send(x="11", why=reason))
    site.sign_in_as("binh", Role.LEADER)
    opened = site.result("release.open_submission", {"release-table.cellRendererData": {"value": "3"}})
    assert "Công văn 2322/UBND-KGVX ngày 24/11/2026" in (review := opened["release-figures.markup"])
    site.decide(3, "return", reason)
    sign_in_reporter(site)
    page = str(site.result("figures.show_period", {"figures-opened.data": {"key": "d", "period": "2026-10"}}))
    assert "theo Công văn 2322/UBND-KGVX ngày 24/11/2026" in page
    with site.store.read() as conn:
        entries = str(audit_log.newest(conn, audit_log.AuditFilter(), 99))
    assert "Công văn 2322" in entries
    assert not [number for number in numbers for text in (review, page, entries) if number in text]


@pytest.mark.parametrize("hidden", ["\x01", "\x7f", "\u202d", "\u2066", "\u200b", "\ufffd"])
def test_hidden_characters_in_reasons_hide_no_personal_data(hidden: str) -> None:
    assert _normalized_reason(f"gọi {hidden.join('0100345678')} nhé") == "gọi ••• nhé"
    assert "b@mail" not in _normalized_reason(f"thư a{hidden}b@mail.example")


@pytest.mark.parametrize("offset", range(12))
def test_a_number_is_not_stored_in_part_where_a_reason_is_cut(offset: int) -> None:
    numbers = " ".join(["0100345678"] * 400)
    assert not set("0123456789") & set(_normalized_reason("x" * offset + " " + numbers))
    padding = "x " * (MAX_REASON_LENGTH // 2 - 6) + "x" * offset
    assert not set("0123456789") & set(_normalized_reason(f"{padding} 0100345678"))
    assert not set("0123456789") & set(
        _normalized_reason("x " * (MAX_REASON_LENGTH - 6) + "x" * offset + " 0100 345 678")
    )


@pytest.mark.parametrize(("page", "path"), [("figures", "/nhap-so-lieu/d"), ("call", "/bao-qua-dien-thoai/d")])
def test_figures_are_stored_for_the_period_that_the_page_shows(site: SubmissionSite, page: str, path: str) -> None:
    site.sign_in_as("an", Role.REPORTER, Role.OPERATOR, agency="a")
    site.now = datetime(2026, 10, 31, 16, 58, tzinfo=UTC)  # 23:58 in the city: the last period that ended is September
    shown = json.loads(re.search(r'"data": (\{"key": "d"[^}]*\})', site.page(path))[1])  # type: ignore[index]
    assert shown == {"key": "d", "period": "2026-09"}
    site.now += timedelta(minutes=3)
    opened = {f"{page}-opened.data": shown, f"{page}-form.data-version": "0", f"{page}-reason.value": "ông A"}
    values = opened | {f"{page}-figure.value": {"x": "10", "y": "20,5"}}
    assert sent_ok(site.result("figures.send" if page == "figures" else "call.put_down", values))
    assert [event.period for event in site.service.awaiting_approval(LEADER)] == ["2026-09"]


@pytest.mark.parametrize("page", ["figures", "call"])
def test_a_form_that_shows_no_period_stores_nothing(site: SubmissionSite, page: str) -> None:
    site.sign_in_as("an", Role.REPORTER, Role.OPERATOR, agency="a")
    values = site.form(page, "d", "") | {f"{page}-figure.value": {"x": "10", "y": "20,5"}}
    answer = site.run("figures.send" if page == "figures" else "call.put_down", values)
    assert (answer.status_code, answer.get_json()["code"]) == (404, SubmissionCode.UNKNOWN_PERIOD)
    assert site.audited_actions() == []
