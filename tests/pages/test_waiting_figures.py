"""Figures to send: in the number beside "Việc của tôi" as in its list, and where who sends them begins."""

from dataclasses import replace
from typing import Any, cast

from ioc.directives.work_list import count_work
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.submissions.submission import NO_SUBMISSIONS, SubmissionData
from ioc.submissions.service import SubmissionService
from ioc.web.page_services import first_page, waiting_counts
from tests.city import full_city
from tests.pages.directive_city import HELD, DirectiveCity
from tests.web.views.conftest import Centre


class TwoFigures:
    """A service by which everybody is to send two figures."""

    def figures_to_send(self, _data: SubmissionData, _principal: Principal) -> list[Any]:
        return [NO_SUBMISSIONS, NO_SUBMISSIONS]

    def awaiting_approval(self, _principal: Principal) -> list[Any]:
        return []


def test_figures_of_the_agency_are_counted_for_who_sends_them(centre: Centre) -> None:
    city = DirectiveCity(centre.directives)
    counts = waiting_counts(cast(SubmissionService, TwoFigures()), city.context, full_city)
    for who, figures in (("gd-a", 2), ("cv-a", 2), ("ct", 0), ("vp", 0)):
        by = replace(city.principal(who), agency=HELD[who][2])
        assert counts(by)["my-work"] == count_work(city.context, by) + figures, who


def test_who_reports_figures_without_a_position_begins_at_them(centre: Centre) -> None:
    principal = Principal(PrincipalKind.USER, "an", roles=frozenset({Role.REPORTER}), agency="mp-a")
    assert first_page(centre.directives, principal) == "/nhap-so-lieu"
    assert first_page(centre.directives, replace(principal, agency="")) == "/"
