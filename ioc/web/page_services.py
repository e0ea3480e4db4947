"""The services that working pages may use: class -> the one object of it in this web process."""

from collections.abc import Mapping

from ioc.auth.sessions import SessionService
from ioc.auth.user_admin import UserAdmin
from ioc.dash_kit.directory import AgencyDirectory
from ioc.dash_kit.files import SentFiles
from ioc.snapshot.cache import SnapshotCache
from ioc.submissions.service import SubmissionService
from ioc.web.files import FileSpool
from ioc.web.views.services import Services


def page_services(services: Services) -> Mapping[type, object]:
    """The services by their class."""
    auth = services.auth
    return {
        AgencyDirectory: AgencyDirectory(services.agency_names, services.reporting_agencies),
        SessionService: auth.sessions,
        UserAdmin: auth.users,
    }


def submission_services(
    submissions: SubmissionService, reads: SnapshotCache, spool: FileSpool
) -> Mapping[type, object]:
    """Those of the pages of submissions."""
    return {SubmissionService: submissions, SnapshotCache: reads, SentFiles: SentFiles(spool.take)}
