"""Withdrawing figures that wait for release: callbacks of the pages, by HTTP."""

from ioc.domain.access.principal import Role
from ioc.domain.submissions.errors import SubmissionCode
from tests.pages.submission_site import SubmissionSite, sent_ok, sign_in_reporter, site

__all__ = ["site"]

OPENED = {"figures-opened.data": {"key": "d", "period": "2026-10"}}


def offered(site: SubmissionSite) -> object:
    """The number of the submission that the page offers to withdraw, None for none."""
    shown = site.result("figures.show_period", OPENED)
    return None if shown["figures-withdrawal.hidden"] else shown["figures-pending.data"]


def test_figures_are_withdrawn_and_sent_again(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    assert offered(site) is None
    assert sent_ok(site.send()) and offered(site) == 1
    assert site.result("figures.withdraw", {"figures-pending.data": 1})["figures-ask.is_open"] is False
    assert offered(site) is None
    form = site.result("figures.follow_status", OPENED)
    assert form["figures-entry.hidden"] is False and form["figures-reason-box.hidden"] is True
    assert "rút lại" in site.result("figures.show_period", OPENED)["figures-history.markup"]
    assert '"value": "20,5"' in site.page("/nhap-so-lieu/d?ky=2026-10")  # what was sent is there to be changed
    site.sign_in_as("binh", Role.LEADER)
    assert site.result("release.list_pending")["release-table.rowData"] == []
    sign_in_reporter(site)
    assert sent_ok(site.send(x="11"))
    history = site.result("figures.show_period", OPENED)["figures-history.markup"]
    assert "gửi đính chính" not in history
    assert site.audited_actions() == [
        ("an", "submission-sent"), ("an", "submission-withdrawn"), ("an", "submission-sent")
    ]  # fmt: skip


def test_figures_that_somebody_else_sent_are_told_to_who_is_typing(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    opened = {**OPENED, "figures-form.data-version": site.version()}
    assert "figures-alert.children" not in site.result("figures.follow_status", opened)
    site.send()
    assert "figures-alert.children" not in site.result("figures.follow_status", opened), "they are one's own"
    site.sign_in_as("hai", Role.REPORTER, agency="a")
    assert "chưa được gửi" in str(site.result("figures.follow_status", opened)["figures-alert.children"])
    present = {**OPENED, "figures-form.data-version": site.version()}
    assert "figures-alert.children" not in site.result("figures.follow_status", present)


def test_the_second_of_two_people_is_told(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.send()
    site.run("figures.withdraw", {"figures-pending.data": 1})
    site.sign_in_as("binh", Role.LEADER)
    late = site.decide(1, "approve")
    assert (late.status_code, late.get_json()["code"]) == (409, SubmissionCode.WITHDRAWN)
    sign_in_reporter(site)
    site.send()
    site.sign_in_as("binh", Role.LEADER)
    site.decide(3, "approve")
    sign_in_reporter(site)
    late = site.run("figures.withdraw", {"figures-pending.data": 3})
    assert (late.status_code, late.get_json()["code"]) == (409, SubmissionCode.APPROVED)
    assert len(site.queued_bodies()) == 1


def test_a_colleague_is_not_offered_what_somebody_else_sent(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.send()
    site.sign_in_as("chi", Role.REPORTER, agency="a")
    assert offered(site) is None
    assert site.run("figures.withdraw", {"figures-pending.data": 1}).status_code == 403
    site.sign_in_as("truc", Role.OPERATOR)
    assert site.run("figures.withdraw", {"figures-pending.data": 1}).status_code == 403
    assert len(site.denials) == 2 and site.audited_actions() == [("an", "submission-sent")]
