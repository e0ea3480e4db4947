"""Figures that were told by telephone, and reminders: callbacks of their pages."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dash
import pytest

from ioc.domain.access.principal import Role
from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.submission import NO_SUBMISSIONS
from ioc.snapshot.view import View
from tests.city import full_city
from tests.conftest import empty_store
from tests.pages.submission_site import OTHER, SubmissionSite, fresh_snapshots, sent_ok, sign_in_reporter, site

__all__ = ["fresh_snapshots", "site"]

LATE_ROWS = ("d 2026-08", "d 2026-09")  # overdue ones come first
LATE = {"remind-opened.data": {"key": "d", "period": "2026-09"}}


def call(
    site: SubmissionSite, at: object, free: str = "", full: str = "", why: str = "trực ban, máy 102", version: str = "0"
) -> Any:
    """Puts down a report about free and full beds."""
    values = site.form("call", "icu", "", version) | {
        "call-figure.value": {"free": free, "full": full}, "call-at.value": at, "call-reason.value": why
    }  # fmt: skip
    return site.result("call.put_down", values)


def test_telephone_report_is_saved_and_marked(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    listed = site.result("phone.list_forms")["phone-table.rowData"]
    assert [row["id"] for row in listed] == ["icu", "d 2026-08", "d 2026-09", "d 2026-10"]
    assert sent_ok(call(site, "08:30 03/11/2026", "12", why="trưởng khoa, máy 102"))
    assert site.queued_bodies("icu") == [
        b'{"channel":"phone","observed":"2026-11-03T08:30:00+07:00","values":{"free":12.0}}'
    ]
    assert site.audited_actions() == [("truc", "phone-report-entered")]
    empty = call(site, "08:31 03/11/2026")
    assert not sent_ok(empty) and empty["call-alert.children"]
    unclear = call(site, "31/02", "mười hai", why=" ")
    assert unclear["call-at-error.children"] and unclear["call-figure-error.children"]["free"], "told together"
    assert unclear["call-reason-error.children"], "the caller too"
    assert call(site, "08:31 03/11/2026", "mười hai", why=" ")["call-reason-error.children"]
    nameless = call(site, "08:31 03/11/2026", "12", why=" ")
    assert not sent_ok(nameless) and nameless["call-reason-error.children"]
    values = site.form("call", "other", "") | {"call-figure.value": {"z": "1"}, "call-reason.value": "trực ban"}
    refused = site.run("call.put_down", values)
    assert (refused.status_code, refused.get_json()["code"]) == (404, SubmissionCode.UNKNOWN_OBLIGATION)
    assert "call-figure" not in site.page("/bao-qua-dien-thoai/other")


def listed(site: SubmissionSite) -> dict[str, tuple[str, str]]:
    """Status and act of each obligation that the operator may put figures down for, in the order of the rows."""
    site.sign_in_as("truc", Role.OPERATOR)
    rows = site.result("phone.list_forms")["phone-table.rowData"]
    return {row["id"]: (row["status"]["text"], row["open"]["text"]) for row in rows}


def test_list_says_what_is_missing_and_offers_it_first(tmp_path: Path, fresh_snapshots: None) -> None:
    other = replace(OTHER, may_phone=True, requires_approval=False, due_day=2)
    with closing(empty_store(tmp_path)) as store:
        site = SubmissionSite(store, tmp_path, other)
        first = listed(site)
        assert list(first) == ["icu", *LATE_ROWS, "other 2026-10", "d 2026-10"]  # without periods; then by due time
        assert first["d 2026-10"] == ("chưa đến hạn", "Nhập") and first["icu"] == ("khi có người báo", "Nhập")
        site.result(
            "call.put_down",
            site.form("call", "other", "2026-10") | {"call-figure.value": {"z": "1"}, "call-reason.value": "trực ban"},
        )
        told = listed(site)
        assert list(told) == ["icu", *LATE_ROWS, "d 2026-10", "other 2026-10"] and told["other 2026-10"] == (
            "đã báo qua điện thoại",
            "Đính chính",
        )
        sign_in_reporter(site)
        site.send()
        assert list(listed(site)) == ["icu", *LATE_ROWS, "other 2026-10", "d 2026-10"] and listed(site)[
            "d 2026-10"
        ] == ("chờ duyệt", "Xem")
        assert '"id": "call-entry", "hidden": true' in site.page("/bao-qua-dien-thoai/d?ky=2026-10").lower()
        site.sign_in_as("binh", Role.LEADER)
        site.decide(2, "approve")
        assert listed(site)["d 2026-10"] == ("đã duyệt", "Xem")


def test_list_links_the_period_that_it_shows(site: SubmissionSite, fresh_snapshots: None) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    rows = {row["id"]: row for row in site.result("phone.list_forms")["phone-table.rowData"]}
    for month in ("09", "10"):  # the overdue one too
        row = rows[f"d 2026-{month}"]
        assert row["open"]["href"].endswith(f"/d?ky=2026-{month}") and f"{month}/2026" in row["period"]["text"]
    assert rows["icu"]["open"]["href"] == "/bao-qua-dien-thoai/icu" and not rows["icu"]["period"]
    call(site, "08:30 03/11/2026", "12")
    (icu,) = [row for row in site.result("phone.list_forms")["phone-table.rowData"] if row["id"] == "icu"]
    assert "08:30" in icu["period"]["text"] and "ky=" not in icu["open"]["href"]


def test_page_lists_what_was_put_down(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    call(site, "08:30 03/11/2026", "12", why="trưởng khoa <b>, máy 102")
    call(site, "08:40 03/11/2026", "14", why="trực ban")
    shown = site.result("call.show_period", {"call-opened.data": {"key": "icu", "period": ""}})["call-history.markup"]
    assert shown.index("trực ban") < shown.index("máy 102") and "<b> máy" not in shown
    assert all(text in shown for text in ("08:30", "08:40", "12", "14", "truc", "09:00"))


def test_form_of_whole_numbers_advises_no_decimals(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    assert "1.234,5" not in site.page("/bao-qua-dien-thoai/icu")
    assert "1.234,5" in site.page("/bao-qua-dien-thoai/d")


def test_figures_that_were_returned_are_not_offered_as_a_phone_report(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    assert sent_ok(site.send("123", "567,8"))
    site.sign_in_as("binh", Role.LEADER)
    site.decide(1, "reject", "sai cột")
    site.sign_in_as("truc", Role.OPERATOR)
    assert "567,8" not in site.page("/bao-qua-dien-thoai/d?ky=2026-10")


def test_page_says_that_the_agency_sent_its_own_figures(site: SubmissionSite) -> None:
    opened = {"call-opened.data": {"key": "d", "period": "2026-10"}}
    sign_in_reporter(site)
    assert sent_ok(site.send("123", "567,8"))
    site.sign_in_as("binh", Role.LEADER)
    site.decide(1, "approve")
    site.sign_in_as("truc", Role.OPERATOR)
    shown = site.result("call.show_period", opened)
    assert "567,8" in shown["call-own.markup"] and "09:00 03/11/2026" in shown["call-own.markup"]
    assert '"id": "call-entry", "hidden": true' in site.page("/bao-qua-dien-thoai/d?ky=2026-10").lower()
    values = site.form("call", "d", "2026-10") | {
        "call-figure.value": {"x": "1", "y": "2"},
        "call-reason.value": "trực ban",
    }
    refused = site.result("call.put_down", values)
    assert not sent_ok(refused) and refused["call-alert.children"] and len(site.queued_bodies()) == 1


@pytest.mark.parametrize("at", ["x", "2026-11-03T08:30", "08:30", "30/02/2026 08:30", "08:30 01/11/2026",
                                "09:30 03/11/2026", "99:99 03/11/2026"])  # fmt: skip
def test_time_of_a_report_is_refused_at_its_field(site: SubmissionSite, at: object) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    answer = call(site, at, "12")
    assert answer["call-at-error.children"] and "call-figure.value" not in answer and not sent_ok(answer)
    assert site.audited_actions() == []


def test_telephone_report_of_a_period_waits_for_approval(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    values = site.form("call", "d", "2026-10") | {
        "call-figure.value": {"x": "1", "y": "2"},
        "call-reason.value": "trực ban",
    }
    lead = site.result("phone.list_forms")["phone-lead.children"]
    assert "chỉ được dùng khi đã duyệt" in lead and "cơ quan chưa gửi được" in lead
    sent = site.result("call.put_down", values)
    assert sent_ok(sent) and site.queued_bodies() == []
    assert "đang chờ duyệt" in str(sent)
    assert sent["call-entry.hidden"] is True and sent["call-figure.value"] == {"x": "", "y": ""}
    opened = {"call-opened.data": {"key": "d", "period": "2026-10"}}
    assert "call-entry.hidden" not in site.result("call.show_period", opened)
    site.sign_in_as("binh", Role.LEADER)
    (row,) = site.result("release.list_pending")["release-table.rowData"]
    assert row["kind"] == "báo qua điện thoại"
    site.decide(1, "approve")
    assert b'"channel":"phone"' in site.queued_bodies()[0]
    site.sign_in_as("truc", Role.OPERATOR)
    assert site.result("call.show_period", opened)["call-entry.hidden"] is False  # what counts may be corrected


@pytest.mark.parametrize("key", ["icu", "other"])
def test_form_is_empty_once_a_report_was_put_down(tmp_path: Path, key: str) -> None:
    with closing(empty_store(tmp_path)) as store:
        site = SubmissionSite(store, tmp_path, replace(OTHER, may_phone=True))
        site.sign_in_as("truc", Role.OPERATOR)
        figures = {"free": "1", "full": "2"} if key == "icu" else {"z": "1"}
        sent = site.result(
            "call.put_down",
            site.form("call", key, "" if key == "icu" else "2026-10")
            | {"call-figure.value": figures, "call-at.value": "08:30 03/11/2026", "call-reason.value": "trực ban"},
        )
        assert sent_ok(sent) and not any(sent["call-figure.value"].values()) and sent["call-reason.value"] == ""
        assert sent["call-entry.hidden"] is False
        assert key != "icu" or sent["call-at.value"] == "09:00 03/11/2026", "this minute, as when it was opened"


def test_a_report_of_a_minute_does_not_undo_another_one_unasked(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    at = "08:30 03/11/2026"
    sent = call(site, at, "12", "3")
    assert sent_ok(sent)
    refused = call(site, at, "12", "", "khoa gọi lại", version=sent["call-form.data-version"])
    assert not sent_ok(refused) and refused["call-form.data-version"] == "1"
    assert "Thời điểm này đã có số liệu, ghi lúc 09:00" in str(refused["call-alert.children"])
    assert refused["call-figure-error.children"] == {"free": "", "full": "khác số hiện có: 3"}
    assert "call-figure.value" not in refused and len(site.queued_bodies("icu")) == 1
    assert sent_ok(call(site, at, "12", "", "khoa gọi lại", version="1"))
    shown = site.result("call.show_period", {"call-opened.data": {"key": "icu", "period": ""}})["call-history.markup"]
    assert shown.count("(đã được thay)") == 1 and shown.index("khoa gọi lại") < shown.index("(đã được thay)")


def test_an_empty_field_does_not_differ_from_a_figure_that_was_not_told(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    at = "08:30 03/11/2026"
    assert sent_ok(call(site, at, "119"))
    refused = call(site, at, "19")
    assert refused["call-figure-error.children"] == {"free": "khác số hiện có: 119", "full": ""}


def test_reminder_is_audited_counted_and_shown(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    before = site.result("remind.show_period", LATE)
    assert "Cơ quan A chưa gửi" in before["remind-period.markup"] and "hiện 0 lần" in before["remind-period.markup"]
    assert before["remind-send.disabled"] is False and not before["remind-done.children"]
    empty = site.result("remind.put_down", LATE | {"remind-text.value": " \n"})
    assert empty["remind-text-error.children"] and not empty.get("remind-form.data-saved")
    sent = site.result("remind.put_down", LATE | {"remind-text.value": "đã quá hạn, <b>gửi ngay</b>"})
    assert sent["remind-form.data-saved"] and sent["remind-text.value"] == ""
    today = site.result("remind.show_period", LATE)
    assert today["remind-send.disabled"] is True and today["remind-done.children"]
    again = site.run("remind.put_down", LATE | {"remind-text.value": "x"})
    assert (again.status_code, again.get_json()["code"]) == (409, SubmissionCode.ALREADY_REMINDED)
    not_late = {"remind-opened.data": {"key": "d", "period": "2026-10"}}
    assert site.run("remind.put_down", not_late).get_json()["code"] == SubmissionCode.NOT_OVERDUE
    assert site.result("remind.show_period", not_late)["remind-entry.hidden"] is True
    assert site.audited_actions() == [("truc", "reminder-sent")]
    site.now += timedelta(days=1)
    after = site.result("remind.show_period", LATE)
    assert after["remind-send.disabled"] is False
    assert "hiện 1 lần" in after["remind-period.markup"] and "<b>gửi" not in after["remind-earlier.markup"]
    assert "gửi ngay" in after["remind-earlier.markup"]


@pytest.mark.parametrize(
    ("page", "is_marked"), [("phone", True), ("release", True), ("register", True), ("users", False)]
)
def test_simulated_data_is_marked_in_the_header(
    tmp_path: Path, fresh_snapshots: None, page: str, is_marked: bool
) -> None:
    """Its callbacks draw the rows, so that no panel of the page tells."""
    with closing(empty_store(tmp_path)) as store:
        SubmissionSite(store, tmp_path)
        frame = dash.page_registry[f"pages.{page}"]["frame"]
        city = full_city()
        real = replace(city, submissions=NO_SUBMISSIONS, register=replace(city.register, documents=()))
        marks = ["DỮ LIỆU MÔ PHỎNG" in str(frame(View(each, {}, "vi", lambda *_: ()))) for each in (city, real)]
        assert marks == [is_marked, False]
