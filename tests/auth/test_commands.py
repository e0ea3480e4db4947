"""Every command asks for its permission, wherever it stands: those of accounts, displays, API keys, the audit log,
personal data, submissions, print jobs and polls on demand.

Each is called as every kind of principal over a store that nobody may touch before: it is denied where `is_allowed`
denies it, and reaches the store otherwise.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import ioc
import ioc.auth
import ioc.submissions
from ioc.auth.api_keys import ApiKeyService, NewApiKey
from ioc.auth.audit_review import AuditReview
from ioc.auth.credential_cache import CredentialCache
from ioc.auth.displays import DisplayService, DisplaySettings
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import LoginService
from ioc.auth.mfa import MfaService
from ioc.auth.oidc_accounts import OidcProvisioning
from ioc.auth.personal_data import PersonalData, Purpose
from ioc.auth.self_service import PasswordChange, Reauthentication, SelfService
from ioc.auth.services import AuthServices, build_services
from ioc.auth.sessions import SessionService
from ioc.auth.user_admin import NewUser, UserAdmin, UserChange
from ioc.directives import act_drafts, assignment, visibility
from ioc.directives import acts as directive_acts
from ioc.directives import documents as directive_documents
from ioc.directives import queries as directive_queries
from ioc.directives.context import DirectiveContext
from ioc.domain.access.permissions import AccessTarget, Action, PermissionDeniedError, is_allowed
from ioc.domain.access.principal import Principal, PrincipalKind, RequiredAction, Role, Scope
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.failure import Failure
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.submission import NO_SUBMISSIONS as NONE
from ioc.domain.submissions.submission import SubmissionChannel, SubmissionEventType
from ioc.poller import repoll_queue
from ioc.storage.access.audit_log import AuditFilter
from ioc.storage.db.store import Store
from ioc.submissions.forms import FormQueries
from ioc.submissions.queries import SubmissionQueries
from ioc.submissions.service import NewSubmission, SubmissionService
from ioc.web.pdf.endpoint import PdfService
from ioc.web.views.services import Services
from ioc.worker.jobs import PrintJob
from tests.auth.site import SECRET
from tests.city import full_city
from tests.domain.submissions.cases import make_obligation
from tests.storage.submissions.test_submissions import NOW, SubmissionHarness

OWN, OTHER = "an", "binh"
PURPOSE = Purpose("check", "kiểm tra quyền")


class ReachedStoreError(Exception):
    """The command asks for no further permission."""


class ClosedStore:
    """A store, or hasher, that no call may reach."""

    def __getattr__(self, name: str) -> Any:
        raise ReachedStoreError(name)


@dataclass(frozen=True)
class World:
    """The services over a closed store."""

    auth: AuthServices
    personal: PersonalData
    submissions: SubmissionService
    pdf: PdfService
    store: Any

    @property
    def key(self) -> str:
        """Of the one obligation."""
        (key,) = self.submissions.obligations
        return key

    def phone_form(self, principal: Principal) -> object:
        try:
            return self.submissions.phone_form(self.key, "2026-10", principal)
        except SubmissionError:  # it may not be told by telephone: the permission was asked for before
            return None

    def submit(self, channel: SubmissionChannel, principal: Principal) -> object:
        (obligation,) = self.submissions.obligations.values()
        period = self.submissions.open_period(obligation, "2026-10")
        return self.submissions.submit(NewSubmission(obligation, period, {}, channel, "trực ban"), principal)

    def remind(self, principal: Principal) -> object:
        (obligation,) = self.submissions.obligations.values()
        return self.submissions.remind(
            obligation, self.submissions.open_period(obligation, "2026-10"), principal, "gửi gấp"
        )


@dataclass(frozen=True)
class Case:
    """A call of a command. Allowed is who may do one of `actions` to `target`."""

    actions: tuple[Action, ...]
    target: AccessTarget
    call: Callable[[World, Principal], object]


def on_account(action: Action, call: Callable[[World, Principal, str], object]) -> tuple[Case, ...]:
    """One call about the own account, one about that of somebody else."""

    def case(name: str) -> Case:
        return Case((action,), AccessTarget(account=name), lambda world, principal: call(world, principal, name))

    return case(OWN), case(OTHER)


def on_sessions(call: Callable[[World, Principal, str], object]) -> tuple[Case, ...]:
    """The same, where managing the own account is enough for the own one."""
    actions = (Action.MANAGE_OWN_ACCOUNT, Action.ADMINISTER)
    return tuple(replace(case, actions=actions) for case in on_account(Action.ADMINISTER, call))


def plain(action: Action, call: Callable[[World, Principal], object]) -> tuple[Case, ...]:
    """One call that is about nothing which narrows the permission."""
    return (Case((action,), AccessTarget(), call),)


def own(call: Callable[[World, Principal], object]) -> tuple[Case, ...]:
    """One call about the account of the principal itself."""
    return (Case((Action.MANAGE_OWN_ACCOUNT,), AccessTarget(account=OWN), call),)


def of_agency(action: Action, call: Callable[[World, Principal], object]) -> tuple[Case, ...]:
    """One call about figures of the agency "a"."""
    return (Case((action,), AccessTarget(agency="a"), call),)


Command = tuple[type | ModuleType, str]  # a method, or a function of a module
CASES: dict[Command, tuple[Case, ...]] = {
    (SessionService, "sign_out"): own(lambda w, p: w.auth.sessions.sign_out(p)),
    (SessionService, "login_history"): own(lambda w, p: w.auth.sessions.login_history(p)),
    (SessionService, "list_sessions"): on_sessions(lambda w, p, name: w.auth.sessions.list_sessions(name, p)),
    (SessionService, "end_session"): on_sessions(lambda w, p, name: w.auth.sessions.end_session(1, p, owner=name)),
    (SessionService, "end_all_sessions"): on_sessions(lambda w, p, name: w.auth.sessions.end_all_sessions(name, p)),
    (SelfService, "change_password"): own(lambda w, p: w.auth.self_service.change_password(p, PasswordChange("", ""))),
    (SelfService, "has_password"): own(lambda w, p: w.auth.self_service.has_password(p)),
    (MfaService, "begin"): own(lambda w, p: w.auth.mfa.begin(p, "")),
    (MfaService, "confirm"): own(lambda w, p: w.auth.mfa.confirm(p, "")),
    (MfaService, "remove"): own(lambda w, p: w.auth.mfa.remove(p, "")),
    (MfaService, "renew_recovery_codes"): own(lambda w, p: w.auth.mfa.renew_recovery_codes(p, "")),
    (MfaService, "recovery_codes_left"): own(lambda w, p: w.auth.mfa.recovery_codes_left(p)),
    (MfaService, "is_enabled"): own(lambda w, p: w.auth.mfa.is_enabled(p)),
    (UserAdmin, "list_accounts"): plain(Action.ADMINISTER, lambda w, p: w.auth.users.list_accounts(p)),
    (UserAdmin, "add"): plain(Action.ADMINISTER, lambda w, p: w.auth.users.add(NewUser("x", [Role.VIEWER]), p)),
    (UserAdmin, "change"): on_account(
        Action.ADMINISTER, lambda w, p, name: w.auth.users.change(name, UserChange(display_name="B"), p)
    ),
    (UserAdmin, "reset_password"): on_account(
        Action.ADMINISTER, lambda w, p, name: w.auth.users.reset_password(name, p)
    ),
    (UserAdmin, "disable"): on_account(Action.ADMINISTER, lambda w, p, name: w.auth.users.disable(name, p)),
    (UserAdmin, "enable"): on_account(Action.ADMINISTER, lambda w, p, name: w.auth.users.enable(name, p)),
    (UserAdmin, "unlock"): on_account(Action.ADMINISTER, lambda w, p, name: w.auth.users.unlock(name, p)),
    (DisplayService, "list_all"): plain(Action.MANAGE_DISPLAYS, lambda w, p: w.auth.displays.list_all(p)),
    (DisplayService, "pending_requests"): plain(
        Action.MANAGE_DISPLAYS, lambda w, p: w.auth.displays.pending_requests(p)
    ),
    (DisplayService, "is_queue_crowded"): plain(
        Action.MANAGE_DISPLAYS, lambda w, p: w.auth.displays.is_queue_crowded(p)
    ),
    (DisplayService, "place_code"): plain(Action.MANAGE_DISPLAYS, lambda w, p: w.auth.displays.place_code(p)),
    (DisplayService, "enrol"): plain(
        Action.MANAGE_DISPLAYS, lambda w, p: w.auth.displays.enrol("12345678", DisplaySettings("W", "/"), p)
    ),
    (DisplayService, "change"): plain(
        Action.MANAGE_DISPLAYS, lambda w, p: w.auth.displays.change("w", DisplaySettings("W", "/"), p)
    ),
    (DisplayService, "revoke"): plain(Action.MANAGE_DISPLAYS, lambda w, p: w.auth.displays.revoke("w", p)),
    (ApiKeyService, "list_all"): plain(Action.ADMINISTER, lambda w, p: w.auth.api_keys.list_all(p)),
    (ApiKeyService, "create"): plain(
        Action.ADMINISTER, lambda w, p: w.auth.api_keys.create(NewApiKey("K", [Scope.API]), p)
    ),
    (ApiKeyService, "revoke"): plain(Action.ADMINISTER, lambda w, p: w.auth.api_keys.revoke("k", p)),
    (AuditReview, "page"): plain(Action.READ_AUDIT_LOG, lambda w, p: w.auth.audit.page(AuditFilter(), 0, 1, p)),
    (AuditReview, "entry"): plain(Action.READ_AUDIT_LOG, lambda w, p: w.auth.audit.entry(1, p)),
    (AuditReview, "verify"): plain(Action.READ_AUDIT_LOG, lambda w, p: w.auth.audit.verify(p)),
    (AuditReview, "export"): plain(Action.READ_AUDIT_LOG, lambda w, p: w.auth.audit.export({}, p)),
    (PersonalData, "find_event"): plain(Action.VIEW_PERSONAL, lambda w, p: w.personal.find_event("s", "e", p)),
    (PersonalData, "disclose_event"): plain(
        Action.VIEW_PERSONAL, lambda w, p: w.personal.disclose_event("s", "e", PURPOSE, p)
    ),
    (PersonalData, "find_unit"): plain(Action.VIEW_PERSONAL, lambda w, p: w.personal.find_unit("u", p)),
    (PersonalData, "disclose_counts"): plain(
        Action.VIEW_PERSONAL, lambda w, p: w.personal.disclose_counts("u", PURPOSE, p)
    ),
    (SubmissionService, "submit"): of_agency(Action.SUBMIT, lambda w, p: w.submit(SubmissionChannel.FORM, p))
    + of_agency(Action.SUBMIT, lambda w, p: w.submit(SubmissionChannel.FILE, p))
    + of_agency(Action.ENTER_PHONE_REPORT, lambda w, p: w.submit(SubmissionChannel.PHONE, p)),
    (SubmissionService, "remind"): of_agency(Action.REMIND, lambda w, p: w.remind(p)),
    (SubmissionService, "figures_to_send"): plain(Action.SUBMIT, lambda w, p: w.submissions.figures_to_send(NONE, p)),
    (SubmissionService, "owed_periods"): plain(Action.SUBMIT, lambda w, p: w.submissions.owed_periods(NONE, p)),
    (SubmissionService, "submission_form"): of_agency(
        Action.SUBMIT, lambda w, p: w.submissions.submission_form(w.key, "2026-10", p)
    ),
    (SubmissionService, "phone_reports"): plain(
        Action.ENTER_PHONE_REPORT, lambda w, p: w.submissions.phone_reports(NONE, p)
    ),
    (SubmissionService, "phone_form"): of_agency(Action.ENTER_PHONE_REPORT, lambda w, p: w.phone_form(p)),
    (SubmissionService, "reminder_form"): of_agency(
        Action.REMIND, lambda w, p: w.submissions.reminder_form(w.key, "2026-10", p)
    ),
    (SubmissionService, "pending_submissions"): plain(
        Action.APPROVE_SUBMISSION, lambda w, p: w.submissions.pending_submissions(p)
    ),
    (SubmissionService, "awaiting_approval"): plain(
        Action.APPROVE_SUBMISSION, lambda w, p: w.submissions.awaiting_approval(p)
    ),
    # Whose submission it is stands in the store: test_decision_is_about_the_entry.
    (SubmissionService, "approve"): plain(Action.APPROVE_SUBMISSION, lambda w, p: w.submissions.approve(1, p)),
    (SubmissionService, "reject"): plain(
        Action.APPROVE_SUBMISSION, lambda w, p: w.submissions.reject(1, p, "sai số liệu")
    ),
    (SubmissionService, "withdraw"): plain(Action.WITHDRAW_SUBMISSION, lambda w, p: w.submissions.withdraw(1, p)),
    (PdfService, "submit"): plain(Action.VIEW, lambda w, p: w.pdf.submit(PrintJob("/", {}, "vi", "x"), p, 0.0)),
    (repoll_queue, "request_repoll"): plain(
        Action.ADMINISTER, lambda w, p: repoll_queue.request_repoll(w.store, "a", p, NOW)
    ),
}
# Public methods without a permission.
BEFORE_ANYBODY_IS_KNOWN = {
    (SessionService, "authenticate"), (SessionService, "name_of_ended"), (DisplayService, "authenticate"),
    (ApiKeyService, "authenticate"), (LoginService, "sign_in"), (LoginService, "verify_mfa"),
    (OidcProvisioning, "sign_in_oidc"), (UserAdmin, "create_first_administrator"), (DisplayService, "request_code"),
    (DisplayService, "is_pending"), (DisplayService, "collect_cookie"),
}  # fmt: skip
OF_THE_CALLER_ITSELF = {
    (SessionService, "recent_login_history"), (DisplayService, "renew_cookie"), (DisplayService, "page_of"),
    (Reauthentication, "require"), (Reauthentication, "require_password"), (PersonalData, "now"),
    (MfaService, "is_mandatory"),
}  # fmt: skip
# What any of several permissions opens: the view that calls it asks for one.
QUERIES = {
    (SubmissionService, name)
    for name in (
        "target", "entry_target", "responsible_agency", "open_period", "current_call_key", "last_ended_period",
        "find_period", "previous_period", "recent_reminders", "record", "status", "call_record", "is_reminded_today",
    )
} | {(ApiKeyService, "principal_of")}  # fmt: skip


def principals() -> list[Principal]:
    """Every kind of principal: each role with an agency and without, each scope, and who must do something first."""
    user = Principal(PrincipalKind.USER, OWN)
    users = [replace(user, roles=frozenset({role}), agency=agency) for role in Role for agency in ("", "a", "b")]
    kinds = [Principal(kind, OWN) for kind in PrincipalKind]
    keys = [Principal(PrincipalKind.API_KEY, OWN, scopes=frozenset({scope})) for scope in Scope]
    waiting = [replace(user, roles=frozenset(Role), agency="a", required_action=action) for action in RequiredAction]
    return [*users, *kinds, *keys, *waiting]


def service_methods() -> set[Command]:
    """The public methods of all classes of ioc.auth and ioc.submissions that work on the store."""
    modules = [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for package in (ioc.auth, ioc.submissions)
        for module in pkgutil.iter_modules(package.__path__)
    ]
    classes = {
        item
        for module in modules
        for _, item in inspect.getmembers(module, inspect.isclass)
        if item.__module__ == module.__name__ and takes(item, "store")
    } - {SubmissionQueries, FormQueries, CredentialCache}
    return {
        (item, name)
        for item in classes
        for name, _ in inspect.getmembers(item, inspect.isfunction)
        if not name.startswith("_")
    }


@pytest.fixture(scope="module")
def world() -> World:
    store: Any = ClosedStore()
    auth = build_services(store, lambda: NOW, AccessPolicy(), SECRET, agencies=(), hasher=store)
    pdf = PdfService(store, Path(), lambda: NOW, lambda: 1)
    return World(auth, PersonalData(store, lambda: NOW, full_city), SubmissionHarness(store).service, pdf, store)


def other_commands() -> set[Command]:
    """What is given the store and a principal in the packages that are no service, wherever it stands."""
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(ioc.__path__, "ioc.")
        if not module.name.startswith(("ioc.auth", "ioc.submissions", "ioc.storage"))
    ]
    found = set[Command]()
    for module in modules:
        for name, item in inspect.getmembers(module):
            if getattr(item, "__module__", "") != module.__name__:
                continue
            if inspect.isclass(item) and takes(item, "store"):
                methods = inspect.getmembers(item, inspect.isfunction)
                found |= {(item, method) for method, function in methods if has_principal(function)}
            elif inspect.isfunction(item) and has_principal(item) and (takes(item, "store") or takes(item, "conn")):
                found.add((module, name))
    return {command for command in found if not command[1].startswith("_")}


def takes(item: Callable[..., object], name: str) -> bool:
    try:
        return name in inspect.signature(item).parameters
    except ValueError:  # of an exception
        return False


def has_principal(function: Callable[..., object]) -> bool:
    return any(part.annotation in (Principal, "Principal") for part in inspect.signature(function).parameters.values())


def test_every_command_has_a_case() -> None:
    others = other_commands()
    within = {  # the transaction of another command
        *((directive_acts, name) for name in ("perform_in", "perform_on", "visible_task")),
        (assignment, "assign_tasks"), (act_drafts, "drafts_of_principal"), (visibility, "read_access"),
        *((directive_documents, name) for name in ("enter_in", "store_in", "require_document_actor")),
        (directive_queries, "visible_query"), (DirectiveContext, "write_entry"), (assignment, "check_assignments"),
    }  # fmt: skip
    leading = (Services, "page_after_login")  # to a page that asks for its permission itself
    assert others == {(PdfService, "submit"), (repoll_queue, "request_repoll"), leading, *within}
    others -= {leading, *within}
    methods = service_methods() | others
    assert {item for item, _ in methods} >= {item for item, _ in CASES} and len(methods) > 50
    exempt = BEFORE_ANYBODY_IS_KNOWN | OF_THE_CALLER_ITSELF | QUERIES
    assert not exempt & CASES.keys() and methods == exempt | CASES.keys()


@pytest.mark.parametrize("command", CASES, ids=lambda command: f"{command[0].__name__}.{command[1]}")
def test_command_is_open_to_whom_the_table_allows_it(world: World, command: Command) -> None:
    for case in CASES[command]:
        for principal in principals():
            expected = any(is_allowed(principal, action, case.target) for action in case.actions)
            assert is_open(world, case, principal) is expected, (case.target, principal)


def is_open(world: World, case: Case, principal: Principal) -> bool:
    """Whether the command goes on, to the store or to its result."""
    try:
        case.call(world, principal)
    except PermissionDeniedError as denied:
        assert (denied.principal, denied.action in case.actions) == (principal, True)
        return False
    except AuthError as error:
        if error.code is AuthCode.NO_PERSONAL_DATA:  # looked for after the permission
            return True
        assert error.code is AuthCode.OWN_ACCOUNT and is_allowed(principal, Action.ADMINISTER)
        return False
    except ReachedStoreError:
        return True
    return True


def decisions(service: SubmissionService, number: int, principal: Principal) -> list[Callable[[], object]]:
    return [partial(service.approve, number, principal), partial(service.reject, number, principal, "sai số liệu")]


@pytest.mark.parametrize("author", [OWN, OTHER])
def test_decision_is_about_the_entry(store: Store, author: str) -> None:
    harness = SubmissionHarness(store, make_obligation(requires_approval=True))
    number, target = harness.submit(actor=author), AccessTarget(agency="a", author=author)
    for principal in principals():
        may_see = is_allowed(principal, Action.APPROVE_SUBMISSION, AccessTarget(agency="a"))
        if is_allowed(principal, Action.APPROVE_SUBMISSION):
            seen = harness.service.awaiting_approval(principal)
            assert [event.id for event in seen] == [number] * may_see
        if not is_allowed(principal, Action.APPROVE_SUBMISSION, target):
            for decide in decisions(harness.service, number, principal):
                with pytest.raises((PermissionDeniedError, SubmissionError)) as caught:
                    decide()
                is_own = getattr(caught.value, "failure", None) == Failure(SubmissionCode.OWN_SUBMISSION)
                assert is_own is (may_see and author == OWN)
    assert [event.event_type for event in harness.record().history] == [SubmissionEventType.SUBMITTED]
    allowed = [who for who in principals() if is_allowed(who, Action.APPROVE_SUBMISSION, target)]
    assert bool(allowed) is (author == OTHER)
    for principal in allowed:
        for which in range(2):
            decisions(harness.service, number, principal)[which]()
            number = harness.submit(actor=author, reason="cộng nhầm một xã", x=float(number))
