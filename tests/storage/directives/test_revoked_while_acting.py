"""Nothing of an account or API key is stored once it was revoked, though its act had begun before."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from threading import Thread

import pytest

from ioc.auth import audit_log
from ioc.auth.api_keys import NewApiKey
from ioc.auth.sessions import start_session
from ioc.auth.user_admin import UserChange
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.directives.sheet_import import SheetImport, import_sheet
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason, Role, Scope
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Task
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable
from ioc.storage.access import accounts, sessions
from ioc.storage.access import audit_log as entries
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.directives import documents
from tests.auth.site import HOME, Site
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import Harness

SHELL = Principal(PrincipalKind.SHELL)
FIELDS = dict(enumerate((SheetField.NUMBER, SheetField.TITLE, SheetField.LEAD, SheetField.DUE, SheetField.EXTERNAL_ID)))
ROWS = tuple((f"{n}/KH", "Việc", "b", "Quý IV/2100", f"N{n}") for n in range(1, 4))
SHEET = SheetImport(
    "so.xlsx", TaskTable("", ("",) * 5, ROWS, 1), FIELDS, SheetDefaults("", START, "Kế hoạch", "a"), "vp", assign=True
)
REVOCATIONS: dict[str, Callable[[Site, Principal], object]] = {
    "disabled": lambda site, who: site.auth.users.disable(who.name, SHELL),
    "sessions ended": lambda site, who: site.auth.sessions.end_all_sessions(who.name, SHELL),
    "role taken away": lambda site, who: site.auth.users.change(who.name, UserChange(roles=[Role.VIEWER]), SHELL),
    "signed out": lambda site, who: site.auth.sessions.sign_out(who),
}


@pytest.fixture
def city(store: Store) -> Harness:
    """With the audit log of the program."""
    harness = Harness(store)
    harness.context = replace(harness.context, write_entries=audit_log.write_acts)
    return harness


@pytest.fixture
def site(url: str) -> Iterator[Site]:
    """The services of another process."""
    with closing(Store(url)) as opened:
        yield Site(opened)


@pytest.fixture
def editor(city: Harness, site: Site) -> Principal:
    """Who holds the position "vp", signed in."""
    with site.store.write() as conn:
        account = accounts.add(conn, "nguoi-vp", site.clock(), roles=[Role.EDITOR])
        assert account is not None
        return start_session(conn, account, HOME, "", site.clock(), has_mfa=True).principal


def revoked(reason: RevokedReason = RevokedReason.SESSION_ENDED) -> pytest.RaisesExc[PermissionDeniedError]:
    return pytest.RaisesExc(PermissionDeniedError, check=lambda error: error.principal.revoked_reason is reason)


def entered(city: Harness) -> int:
    """The number of documents in the store."""
    with city.store.read() as conn:
        return documents.count_documents(conn)


def acts_of(city: Harness, name: str) -> list[str]:
    """What the audit log has of an actor."""
    with city.store.read() as conn:
        every = entries.oldest(conn, entries.AuditFilter(), 100)
    return [each.action for each in every if each.actor == name]


@pytest.mark.parametrize("how", list(REVOCATIONS))
def test_act_of_an_account_whose_session_ended_since_is_not_stored(
    city: Harness, site: Site, editor: Principal, how: str
) -> None:
    enter_document(city.context, DocumentEntry(make_document(key="truoc"), "vp"), editor)
    REVOCATIONS[how](site, editor)
    before = acts_of(city, editor.name)
    with revoked():
        enter_document(city.context, DocumentEntry(make_document(), "vp"), editor)
    assert entered(city) == 1 and acts_of(city, editor.name) == before


@pytest.mark.parametrize("how", list(REVOCATIONS))
def test_import_of_an_account_whose_session_ends_meanwhile_is_not_stored(
    city: Harness, site: Site, editor: Principal, how: str
) -> None:
    calls = list[int]()

    def report(done: int, _total: int) -> None:
        if not calls:
            REVOCATIONS[how](site, editor)
        calls.append(done)

    with revoked():
        import_sheet(city.context, SHEET, editor, report)
    assert entered(city) == 0 and "directive-sheet-imported" not in acts_of(city, editor.name)


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_import_whose_tasks_are_stored_when_its_account_is_disabled_is_rolled_back(
    city: Harness, site: Site, editor: Principal
) -> None:
    def report(done: int, total: int) -> None:
        if done == total:
            site.auth.users.disable(editor.name, SHELL)

    with revoked():
        import_sheet(city.context, SHEET, editor, report)
    assert entered(city) == 0


def test_act_that_waited_for_the_transaction_of_the_disabling_is_not_stored(
    city: Harness, site: Site, editor: Principal
) -> None:
    caught = list[BaseException]()

    def act() -> None:
        try:
            enter_document(city.context, DocumentEntry(make_document(), "vp"), editor)
        except PermissionDeniedError as error:
            caught.append(error)

    waiting = Thread(target=act)
    with site.store.write() as conn:
        now = change_counter.bump(conn, {"access"}, site.clock())
        waiting.start()
        time.sleep(0.3)  # it waits for this transaction: however long, it is done afterwards or not at all
        account = accounts.get_by_name(conn, editor.name)
        assert account is not None
        accounts.change(conn, account.id, disabled_at=now, disabled_reason="by_admin")
        sessions.end_all(conn, account.id)
    waiting.join(30)
    assert not waiting.is_alive() and len(caught) == 1 and entered(city) == 0


@pytest.mark.parametrize("is_made_again", [False, True])
def test_act_by_an_api_key_that_was_revoked_since_is_not_stored(city: Harness, site: Site, is_made_again: bool) -> None:
    key = site.auth.api_keys.create(NewApiKey("qlvb", [Scope.DIRECTIVES]), SHELL)
    system = site.auth.api_keys.authenticate(key, "10.0.0.7")
    task = Task("nv-1", LocalizedText("Việc"), "b", START, external_id="N1")
    document = make_document(external_id="V1", tasks=(task,))
    city.enter(replace(document, key="truoc", external_id="V0"), position="qlvb")
    site.auth.api_keys.revoke("qlvb", SHELL)
    if is_made_again:
        site.clock.on(minutes=1)
        site.auth.api_keys.create(NewApiKey("qlvb", [Scope.DIRECTIVES]), SHELL)
    with revoked(RevokedReason.KEY_REVOKED):
        enter_document(city.context, DocumentEntry(document, "qlvb"), system)
    assert entered(city) == 1
