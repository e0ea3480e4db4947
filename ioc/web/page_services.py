"""The services that working pages may use: class -> the one object of it in this web process."""

from collections.abc import Callable, Mapping
from pathlib import Path

import dash
from flask import Flask, request

from ioc.auth.api_keys import ApiKeyService
from ioc.auth.audit_review import AuditReview
from ioc.auth.displays import DisplayService
from ioc.auth.mfa import MfaService
from ioc.auth.personal_data import PersonalData
from ioc.auth.self_service import SelfService
from ioc.auth.sessions import SessionService
from ioc.auth.user_admin import UserAdmin
from ioc.dash_kit import context
from ioc.dash_kit.context import PageServices
from ioc.dash_kit.directory import AgencyDirectory, AuditNames, DisplayPages
from ioc.dash_kit.files import SentFiles, TaskSheets
from ioc.directives.context import DirectiveContext
from ioc.directives.evidence import EvidenceService
from ioc.directives.queries import own_positions
from ioc.directives.staging import SheetStaging
from ioc.directives.work_list import count_work
from ioc.domain.access.permissions import AccessTarget, Action, is_allowed, submits_for
from ioc.domain.access.principal import Principal
from ioc.domain.base.failure import FailureError
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.expiring_folders import SHEETS
from ioc.submissions.service import SubmissionService
from ioc.web import task_sheet_process
from ioc.web.audit_names import AuditNameLookup
from ioc.web.errors.denials import mark_if_denied
from ioc.web.errors.request_error import request_error
from ioc.web.evidence import evidence_service
from ioc.web.files import FileSpool
from ioc.web.middleware.authentication import SESSION_COOKIE
from ioc.web.middleware.authorization import current_principal
from ioc.web.middleware.cookies import set_cookie
from ioc.web.views.services import Services

MY_WORK, FIGURES = "/viec-cua-toi", "/nhap-so-lieu"


def page_services(
    services: Services, snapshot: Callable[[], Snapshot], last_snapshot: Callable[[], Snapshot]
) -> Mapping[type, object]:
    """The services by their class. `last_snapshot`: see SnapshotCache."""
    auth = services.auth
    return {
        AgencyDirectory: AgencyDirectory(
            services.agency_names,
            services.current_agencies,
            lambda: {each.agency for each in snapshot().submissions.obligations},
        ),
        ApiKeyService: auth.api_keys,
        AuditNames: AuditNames(AuditNameLookup(services.store, last_snapshot).names),
        AuditReview: auth.audit,
        DisplayPages: DisplayPages(services.display_pages),
        DisplayService: auth.displays,
        MfaService: auth.mfa,
        PersonalData: PersonalData(services.store, services.clock, snapshot),
        SelfService: auth.self_service,
        SessionService: auth.sessions,
        UserAdmin: auth.users,
    }


def submission_services(
    submissions: SubmissionService, reads: SnapshotCache, spool: FileSpool
) -> Mapping[type, object]:
    """Those of the pages of submissions."""
    return {SubmissionService: submissions, SnapshotCache: reads, SentFiles: SentFiles(spool.read, spool.drop)}


def directive_services(directives: DirectiveContext, data: Path) -> Mapping[type, object]:
    """Those of the pages of directives. `data`: the folder in whose `sheets` those that are imported lie."""
    sheets = SheetStaging(data / SHEETS, lambda: directives.clock().timestamp())
    return {
        DirectiveContext: directives, TaskSheets: TaskSheets(task_sheet_process.read_file, sheets),
        EvidenceService: evidence_service(directives, data),
    }  # fmt: skip


def waiting_counts(
    submissions: SubmissionService, directives: DirectiveContext, snapshot: Callable[[], Snapshot]
) -> Callable[[Principal], Mapping[str, int]]:
    """How much waits for a principal on the pages whose place in the rail shows it, by the name of the page."""

    def counts(principal: Principal) -> Mapping[str, int]:
        found = dict[str, int]()
        if is_allowed(principal, Action.APPROVE_SUBMISSION):
            found["release"] = len(submissions.awaiting_approval(principal))
        if is_allowed(principal, Action.ACT_ON_DIRECTIVES):
            found["my-work"] = count_work(directives, principal)
            if any(submits_for(principal, each.agency) for each in own_positions(directives, principal)):
                found["my-work"] += len(submissions.figures_to_send(snapshot().submissions, principal))
        return found

    return counts


def first_page(directives: DirectiveContext, principal: Principal) -> str:
    """Where a person begins after sign-in: what waits for their positions, else what their agency owes, else "/"."""
    if is_allowed(principal, Action.ACT_ON_DIRECTIVES) and own_positions(directives, principal):
        return MY_WORK
    return FIGURES if is_allowed(principal, Action.SUBMIT, AccessTarget(agency=principal.agency)) else "/"


def install(server: Flask, services: Mapping[type, object]) -> None:
    """Gives pages `services`, who asks, and what a callback does to its answer besides its outputs."""
    context.install(server, PageServices(current_principal, services, _keep_session, _note_refusal))


def _keep_session(cookie: str) -> None:
    set_cookie(dash.callback_context.response, SESSION_COOKIE, cookie)


def _note_refusal(error: FailureError) -> None:
    mark_if_denied(request.environ, request_error(error))
