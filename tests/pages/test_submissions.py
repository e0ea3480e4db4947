"""Submitting figures by form, approving and returning them: callbacks of the pages, by HTTP."""

import pytest

from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.failure import Failure
from ioc.domain.submissions.errors import SubmissionCode
from tests.pages.submission_site import LEADER, SubmissionSite, fresh_snapshots, sent_ok, sign_in_reporter, site

__all__ = ["fresh_snapshots", "site"]

OPENED = {"figures-opened.data": {"key": "d", "period": "2026-10"}}
PAGES = ("/nhap-so-lieu", "/nhap-so-lieu/d", "/xuat/submission-form.xlsx?bieu=d", "/duyet-so-lieu",
         "/bao-qua-dien-thoai", "/bao-qua-dien-thoai/icu", "/don-doc/d/2026-09")  # fmt: skip
CALLBACKS = ("submit.list_owed", "figures.show_period", "figures.send", "release.list_pending", "release.decide",
             "phone.list_forms", "call.put_down", "remind.put_down")  # fmt: skip


def test_submission_is_approved_and_enqueued(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    owed = site.result("submit.list_owed")
    rows = owed["submit-table.rowData"]
    assert [row["status"]["text"] for row in rows] == ["quá hạn gửi", "quá hạn gửi", "chưa đến hạn"]
    assert "Cơ quan A" in owed["submit-lead.children"] and "tháng 10/2026" in str(rows) and "other" not in str(rows)
    assert sent_ok(site.send()) and site.queued_bodies() == []
    shown = site.result("figures.show_period", OPENED)
    assert "đang có số liệu chờ duyệt" in shown["figures-period.markup"]
    assert "Được thu gom: 10 · " in shown["figures-history.markup"]
    assert "<b>thải</b>" not in shown["figures-period.markup"]
    site.sign_in_as("binh", Role.LEADER)
    (row,) = site.result("release.list_pending")["release-table.rowData"]
    opened = site.result("release.open_submission", {"release-table.cellRendererData": {"value": row["id"]}})
    assert "an gửi lúc" in opened["release-figures.markup"] and "20,5" in opened["release-figures.markup"]
    assert site.decide(1, "approve").status_code == 200
    assert b'"values":{"x":10.0,"y":20.5}' in site.queued_bodies()[0]
    assert site.audited_actions() == [("an", "submission-sent"), ("binh", "submission-approved")]


def test_figures_of_an_older_period_that_await_approval_are_listed(
    site: SubmissionSite, monkeypatch: pytest.MonkeyPatch, fresh_snapshots: None
) -> None:
    monkeypatch.setattr("ioc.submissions.forms._RECENT_PERIODS", 1)
    sign_in_reporter(site)
    assert sent_ok(site.send())
    rows = site.result("submit.list_owed")["submit-table.rowData"]
    assert "chờ duyệt" in [row["status"]["text"] for row in rows]
    site.sign_in_as("binh", Role.LEADER)
    assert site.decide(1, "approve").status_code == 200
    sign_in_reporter(site)
    rows = site.result("submit.list_owed")["submit-table.rowData"]
    assert [row["status"]["text"] for row in rows if "đã duyệt" in row["status"]["text"]]


def test_submitter_cannot_approve_own_submission(site: SubmissionSite) -> None:
    site.sign_in_as("an", Role.REPORTER, Role.LEADER, agency="a")
    site.send()
    opened = site.result("release.open_submission", {"release-table.cellRendererData": {"value": "1"}})
    assert opened["release-own.hidden"] is False and opened["release-decide.hidden"] is True
    answer = site.decide(1, "approve")
    assert (answer.status_code, answer.get_json()["code"]) == (409, SubmissionCode.OWN_SUBMISSION)
    assert site.queued_bodies() == []
    (denial,) = site.denials
    assert (denial.principal.name, denial.action, denial.failure) == (
        "an", Action.APPROVE_SUBMISSION, Failure(SubmissionCode.OWN_SUBMISSION)
    )  # fmt: skip


def test_rejected_submission_shows_its_reason(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.send()
    site.sign_in_as("binh", Role.LEADER)
    refused = site.decide(1, "return").get_json()["response"]
    assert refused["release-one"]["is_open"] is True and refused["release-reason-error"]["children"]
    site.decide(1, "return", "thiếu <i>ba</i> xã")
    sign_in_reporter(site)
    period = site.result("figures.show_period", OPENED)["figures-period.markup"]
    assert "trả lại" in period and "thiếu &lt;i&gt;ba&lt;/i&gt; xã" in period and "<i>" not in period
    form = site.page("/nhap-so-lieu/d?ky=2026-10")
    assert '"value": "10"' in form and '"value": "20,5"' in form, "what was returned is mended, not typed again"


@pytest.mark.parametrize("ending", ["withdrawn", "returned", "waiting"])
def test_figures_in_use_are_told_while_others_were_sent_since(site: SubmissionSite, ending: str) -> None:
    sign_in_reporter(site)
    site.send()
    site.service.approve(1, LEADER)
    assert "Đang dùng" not in site.result("figures.show_period", OPENED)["figures-period.markup"]
    site.send(x="11", why="cộng nhầm một xã")
    if ending == "withdrawn":
        site.result("figures.withdraw", {"figures-pending.data": 3})
    elif ending == "returned":
        site.service.reject(3, LEADER, "thiếu ba xã")
    period = site.result("figures.show_period", OPENED)["figures-period.markup"]
    assert "Đang dùng: Hộ gia đình – Được thu gom: 10 · " in period and "(gửi lúc 09:00 03/11/2026)" in period
    assert '"value": "20,5"' in site.page("/nhap-so-lieu/d?ky=2026-10")  # the fields have the rejected values


def test_decision_is_made_once(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.send()
    site.sign_in_as("binh", Role.LEADER)
    site.decide(1, "approve")
    for act in ("approve", "return"):
        again = site.decide(1, act, "thiếu ba xã")
        assert (again.status_code, again.get_json()["code"]) == (409, SubmissionCode.APPROVED)
        assert "binh" in again.text
    assert len(site.queued_bodies()) == 1


def test_correction_needs_a_reason_and_shows_both_values(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.send()
    site.service.approve(1, LEADER)
    refused = site.send(x="11")
    assert refused["figures-reason-error.children"] and refused["figures-reason-box.hidden"] is False
    assert "figures-figure.value" not in refused and not sent_ok(refused)
    assert sent_ok(site.send(x="11", why="cộng nhầm một xã"))
    history = site.result("figures.show_period", OPENED)["figures-history.markup"]
    assert "gửi đính chính" in history and "cộng nhầm một xã" in history and "Được thu gom: 10 · " in history


def test_button_pressed_twice_submits_once(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    pressed = site.sent()
    assert sent_ok(site.result("figures.send", pressed))
    again = site.result("figures.send", pressed)
    assert not sent_ok(again) and "người khác gửi" in str(again["figures-alert.children"])
    fresh = site.run("figures.send", site.sent())
    assert (fresh.status_code, fresh.get_json()["code"]) == (409, SubmissionCode.ALREADY_AWAITING_APPROVAL)
    assert site.audited_actions() == [("an", "submission-sent")]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ("", "chưa có số"), (None, "chưa có số"), ("mười", "“mười” không phải là số"), ("10,5", "phải là số nguyên"),
        ("1001", "ngoài khoảng 0 đến 1.000 hồ sơ"), ("<script>", "“<script>” không phải là số"),
        ("=1+1", "không phải là số"),
    ],
)  # fmt: skip
def test_refused_figure_says_why_at_its_field_and_nothing_is_saved(
    site: SubmissionSite, x: object, message: str
) -> None:
    sign_in_reporter(site)
    answer = site.send(x=x)
    assert message in answer["figures-figure-error.children"]["x"] and not answer["figures-figure-error.children"]["y"]
    assert "figures-figure.value" not in answer and not sent_ok(answer)
    assert site.audited_actions() == []


@pytest.mark.parametrize("path", PAGES)
def test_submission_pages_need_their_permission(site: SubmissionSite, path: str) -> None:
    for principal in (
        Principal(PrincipalKind.LOCAL),
        Principal(PrincipalKind.DISPLAY, "w"),
        Principal(PrincipalKind.USER, "v", "v", frozenset({Role.VIEWER})),
    ):
        site.authenticator.principal = principal
        assert site.client.get(path).status_code in (302, 303, 403)
    site.sign_in_as("ai", Role.ADMINISTRATOR)
    assert site.client.get(path).status_code == 403


@pytest.mark.parametrize("function", CALLBACKS)
def test_callbacks_need_their_permission(site: SubmissionSite, function: str) -> None:
    for role in (Role.VIEWER, Role.ADMINISTRATOR):
        site.sign_in_as("v", role)
        assert site.run(function).status_code == 403
    assert len(site.denials) == 2


def test_reporter_submits_for_own_agency_only(site: SubmissionSite) -> None:
    site.sign_in_as("la", Role.REPORTER, agency="b")
    assert "figures-figure" not in site.page("/nhap-so-lieu/d?ky=2026-10")
    shown, sent = site.run("figures.show_period", OPENED), site.run("figures.send", site.sent())
    assert shown.status_code == sent.status_code == 403 and site.audited_actions() == []
    assert [denial.action for denial in site.denials] == [Action.SUBMIT] * 2
    site.sign_in_as("an", Role.REPORTER)
    assert "chưa gắn với cơ quan" in site.result("submit.list_owed")["submit-lead.children"]
    assert site.run("figures.show_period", OPENED).status_code == 403


def test_leader_of_an_agency_approves_no_other_agency(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.send()
    site.sign_in_as("xa", Role.LEADER, agency="b")
    listed = site.result("release.list_pending")
    assert listed["release-table.rowData"] == [] and "Không có số liệu nào" in listed["release-lead.children"]
    assert site.run("release.open_submission", {"release-table.cellRendererData": {"value": "1"}}).status_code == 409
    assert site.decide(1, "approve").status_code == 403
    assert site.queued_bodies() == []


def test_submission_from_another_site_is_denied(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    assert site.run("figures.send", site.sent()).status_code == 403 and site.audited_actions() == []


def test_overdue_list_is_exported_without_formulas(site: SubmissionSite) -> None:
    site.authenticator.principal = Principal(PrincipalKind.LOCAL)
    answer = site.client.get("/xuat/overdue-submissions.csv")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Cơ quan;Biểu số liệu;Kỳ số liệu;Hạn gửi")
    assert [line.split(";")[2] for line in lines[1:]] == ["tháng 08/2026", "tháng 09/2026"]
    site.authenticator.principal = Principal()
    assert site.client.get("/xuat/overdue-submissions.csv").status_code != 200


@pytest.mark.parametrize(
    ("key", "period", "status", "message"),
    [("d", "<b>", 404, "không có kỳ"), ("d", "2026-11", 409, "chưa gửi được"), ("none", "", 404, "Không có biểu")],
)
def test_unknown_obligation_or_period_is_not_found(
    site: SubmissionSite, key: str, period: str, status: int, message: str
) -> None:
    sign_in_reporter(site)
    assert message in site.page(f"/nhap-so-lieu/{key}?ky={period}")
    values = {"figures-opened.data": {"key": key, "period": period}}
    assert site.run("figures.show_period", values).status_code == status
    assert site.run("figures.send", values | {"figures-figure.value": {}}).status_code == status


@pytest.mark.parametrize("number", [2**53 - 1, -1, 0, None])
@pytest.mark.parametrize("button", ["approve", "return"])
def test_number_that_no_entry_has_is_refused(site: SubmissionSite, number: object, button: str) -> None:
    site.sign_in_as("binh", Role.LEADER)
    values = {"release-opened.data": number, "release-reason.value": "thiếu số liệu"}
    answer = site.run("release.decide", values, f"release-{button}.n_clicks")
    assert answer.status_code == 409 and answer.get_json()["code"] == SubmissionCode.NOT_AWAITING_APPROVAL
