"""A centre with every page: accounts and displays over a real store, submissions, a city with figures and events."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from flask import Blueprint
from playwright.sync_api import Page

from ioc.auth import audit_log
from ioc.directives.briefings import Secretary, collect_item, open_briefing
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.times import city_date, utc_now
from ioc.domain.directives.acts import Act, Cause, PositionKind
from ioc.domain.directives.briefing import BriefingSubject, Conclusion, SubjectKind
from ioc.domain.directives.positions import Mandate, MandateKind
from ioc.domain.events.event import Event
from ioc.domain.submissions.submission import SubmissionChannel
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.directives import positions
from ioc.storage.events import events
from ioc.submissions.service import NewSubmission, SubmissionService
from ioc.web import evidence, files
from ioc.web.exports import endpoint as exports
from ioc.web.exports.lists import access_lists, submission_lists
from ioc.web.middleware.rate_limit import RateLimiter, correction_limit
from ioc.web.page_services import submission_services
from tests.browser.test_access import Centre, open_signed_in
from tests.browser.test_overlaps import marked_city
from tests.city import full_city, line
from tests.pages.directive_city import DAY, OTHER, DirectiveCity
from tests.pages.submission_site import NOW, submission_configuration

EVENT = Event("report", "pa-1", NOW, "Ngập nước", personal={"điện thoại": "0900 000 000"})
FORM, CALL, REMIND, PERSONAL = (
    "/nhap-so-lieu/d?ky=2026-10", "/bao-qua-dien-thoai/icu", "/don-doc/d/2026-09", "/chi-tiet?su-kien=sim-tide/pa-1",
)  # fmt: skip
BRIEFING = f"/giao-ban/gb-1-{city_date(utc_now()).year}"
REPORTER = Principal(PrincipalKind.USER, "an", roles=frozenset({Role.REPORTER}), agency="a")


class Unlimited(RateLimiter):
    """No limits: a test opens more pages in a minute than a person."""

    def retry_after(self, principal: Principal, path: str, method: str = "GET") -> float:
        return 0.0


class WholeCentre(Centre):
    """With submissions, whose clock stands at `NOW`, and tasks; what a person told is kept of one event."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, pages="pages")
        self.reads.city = marked_city(full_city())
        self.reads.history_at = lambda _: lambda *_: line(1.0, 1.0)  # type: ignore[method-assign, assignment]
        with self.store.write() as conn:
            events.record(conn, "sim-tide", [EVENT], NOW)
        self.city = DirectiveCity(self.directives)
        self.city.hold("ct-2", PositionKind.CHAIRMAN, "-".join(Role))
        self.city.act("gd-a", Act.RECEIVE)
        due = self.city.today + 40 * DAY
        self.city.act("gd-a", Act.REQUEST_EXTENSION, due=due, text="Chờ thiết bị.", cause=Cause.OBJECTIVE)
        self.city.hold("vp-2", PositionKind.OFFICE_LEADER, "-".join(Role))
        with self.store.write() as conn:
            positions.add_mandate(conn, Mandate(MandateKind.DELEGATION, "ct-2", "vp-2", date(2026, 1, 1)))

        self._open_briefing()

    def _open_briefing(self) -> None:
        """The briefing BRIEFING of today, with a task whose conclusion no task could be made of as it is proposed."""
        keeper, by, now = Secretary("vp"), self.city.principal("vp"), self.directives.clock()
        key = open_briefing(self.directives, self.city.today, keeper, by)
        page, value = f"/nhiem-vu/{OTHER}", "Sở B · còn 20 ngày"
        subject = BriefingSubject(SubjectKind.TASK, OTHER, page, "Số hóa hồ sơ", value, now, Conclusion("Làm ngay"))
        collect_item(self.directives, key, subject, keeper, by)

    def further(self, folder: Path) -> tuple[Mapping[type, object], Iterable[Blueprint]]:
        self.gate_config = replace(self.gate_config, rate_limiter=Unlimited())
        configured = submission_configuration()
        reads = SnapshotCache(self.store, configured, lambda: NOW)
        self.submissions = SubmissionService(
            self.store, configured, lambda: NOW, audit_log.write_act, correction_limit()
        )
        spool = files.FileSpool(folder / "files")  # by the real clock, as the times of its folders are
        lists = [*access_lists(self.services), *submission_lists(self.submissions)]
        views = [exports.blueprint(reads, lists), files.blueprint(spool, files.kinds())]
        views.append(evidence.blueprint(evidence.evidence_service(self.directives, folder)))
        return submission_services(self.submissions, reads, spool), views

    def submit(self, **values: float) -> None:
        """Figures of October wait for release, sent by somebody else."""
        obligation = self.submissions.obligations["d"]
        period = self.submissions.open_period(obligation, "2026-10")
        submission = NewSubmission(obligation, period, values, SubmissionChannel.FORM)
        self.submissions.submit(submission, REPORTER)


def sign_in_with(page: Page, centre: Centre, *roles: Role, path: str, agency: str = "") -> None:
    """Signs a new user with these roles in, and opens a page."""
    name = "-".join(roles) or "nobody"
    open_signed_in(page, centre, name, *roles, path=path, agency=agency)
