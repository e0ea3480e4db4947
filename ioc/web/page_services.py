"""The services that working pages may use: class -> the one object of it in this web process."""

from collections.abc import Callable, Mapping

from ioc.auth.audit_review import AuditReview
from ioc.auth.personal_data import PersonalData
from ioc.auth.sessions import SessionService
from ioc.auth.user_admin import UserAdmin
from ioc.dash_kit.directory import AgencyDirectory
from ioc.domain.snapshot import Snapshot
from ioc.web.views.services import Services


def page_services(services: Services, snapshot: Callable[[], Snapshot]) -> Mapping[type, object]:
    """The services by their class."""
    auth = services.auth
    return {
        AgencyDirectory: AgencyDirectory(services.agency_names, services.reporting_agencies),
        AuditReview: auth.audit,
        PersonalData: PersonalData(services.store, services.clock, snapshot),
        SessionService: auth.sessions,
        UserAdmin: auth.users,
    }
