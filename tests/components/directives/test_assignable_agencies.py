"""What the fields offer that give a task or a petition to an agency."""

from datetime import date

from components.directives.positions import assignable_agencies, existing_agencies
from tests.config.test_profiles import load_profile

DAY = date(2026, 11, 2)
CENTRAL = {"bo-chinh-tri", "ttg", "bo-tttt"}


def test_no_agency_above_the_city_is_offered_though_it_issues_documents() -> None:
    agencies = load_profile("cantho").register.agencies
    issuing = {key for key, _ in existing_agencies(agencies, DAY, "vi")}
    offered = {key for key, _ in assignable_agencies(agencies, DAY, "vi")}
    assert issuing - offered == CENTRAL and "so-y-te" in offered
