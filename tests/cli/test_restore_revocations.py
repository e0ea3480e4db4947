"""What was closed after a backup does not come back with it, as far as the replaced store tells."""

from contextlib import closing
from pathlib import Path

import pytest

from ioc.auth.account_service import AccountService
from ioc.auth.api_keys import ApiKeyService
from ioc.auth.displays import DisplayService
from ioc.auth.principal import Principal, PrincipalKind, Role, Scope
from ioc.cli.backup import backup, restore
from ioc.cli.context import Context
from ioc.cli.users import audit as told_trail
from ioc.domain.base.access_policy import AccessPolicy
from ioc.storage.access import accounts, audit_log
from ioc.storage.db.store import Store
from tests.auth.site import SECRET
from tests.cli.test_backup import NOW, centre, filled

BY, WALL = Principal(PrincipalKind.USER, "truong"), "10.0.0.9"


class Desk:
    """Whoever keeps people, screens and programs of a centre."""

    def __init__(self, store: Store) -> None:
        self.people = AccountService(store, lambda: NOW, AccessPolicy(), SECRET)
        self.screens = DisplayService(store, lambda: NOW, AccessPolicy())
        self.programs = ApiKeyService(store, lambda: NOW, AccessPolicy())

    def wall(self, name: str) -> str:
        asked = self.screens.request_code(WALL)
        self.screens.enrol(asked.code, name, "/", "", BY)
        cookie = self.screens.collect_cookie(asked.secret)
        assert cookie
        return cookie


@pytest.fixture
def context(tmp_path: Path) -> Context:
    made = centre(tmp_path)
    filled(made)
    return made


def test_what_was_revoked_after_the_backup_stays_revoked(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.ioc")
    with closing(context.store()) as store:
        desk = Desk(store)
        walls = {name: desk.wall(name) for name in ("left", "right", "again")}
        keys = {name: desk.programs.create(name, [Scope.API], "", BY) for name in ("kept", "gone")}
        for name in ("an", "binh", "chi"):
            desk.people.add(name, "", [Role.VIEWER], "", BY)
        assert backup(context, file) == 0
        for name in ("left", "again"):
            desk.screens.revoke(name, BY)
        anew = desk.wall("again")  # of that name, but another identity
        desk.programs.revoke("gone", BY)
        desk.people.disable("an", BY)
        desk.people.change("binh", BY, roles=[Role.LEADER])
        desk.people.add("dung", "", [Role.VIEWER], "", BY)
    capsys.readouterr()
    assert restore(context, file, overwrite=True) == 0
    told = capsys.readouterr().out
    assert "Screens revoked after the backup, and so again: again, left\n" in told
    assert "Programs revoked after the backup, and so again: gone\n" in told
    assert "Accounts disabled after the backup, and so again: an\n" in told and "look at them: binh\n" in told
    with closing(context.store()) as store:
        desk = Desk(store)
        assert desk.screens.authenticate(walls["right"], WALL).kind is PrincipalKind.DISPLAY
        assert desk.programs.authenticate(keys["kept"], WALL).kind is PrincipalKind.API_KEY
        assert not any(
            desk.screens.authenticate(one, WALL).kind is PrincipalKind.DISPLAY
            for one in (walls["left"], walls["again"], anew)
        )
        assert desk.programs.authenticate(keys["gone"], WALL).kind is PrincipalKind.ANONYMOUS
        assert {one.name for one in desk.people.list_accounts() if one.disabled_at} == {"an"}
        with store.read() as conn:
            found = [
                (one.action, one.target, one.reason)
                for one in audit_log.newest(conn, audit_log.AuditFilter(actor="restore"), 9)
            ]
            (whole,) = audit_log.newest(conn, audit_log.AuditFilter(action="backup-restored"), 9)
            assert not audit_log.verify(conn).fault
    assert found == [
        ("account-disabled", "an", "restore"), ("api-key-revoked", "gone", "restore"),
        ("display-revoked", "left", "restore"), ("display-revoked", "again", "restore"),
    ]  # fmt: skip
    assert whole.reason == "reverted: binh"


def test_recovery_codes_that_were_spent_or_replaced_stay_void_and_why_somebody_was_disabled_stays(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.ioc")
    with closing(context.store()) as store:
        desk = Desk(store)
        for name in ("an", "binh", "chi", "dung", "giang"):
            desk.people.add(name, "", [Role.VIEWER], "", BY)
        with store.write() as conn:
            number = {one.name: one.id for one in accounts.list_all(conn)}
            accounts.set_recovery_codes(conn, number["an"], ["1" * 64, "2" * 64])
            accounts.set_recovery_codes(conn, number["dung"], ["3" * 64])
            accounts.set_recovery_codes(conn, number["binh"], ["4" * 64, "5" * 64])
        assert backup(context, file) == 0
        with store.write() as conn:
            assert accounts.use_recovery_code(conn, number["an"], "1" * 64, NOW)
            accounts.set_recovery_codes(conn, number["binh"], ["6" * 64])
            accounts.change(conn, number["binh"], is_mfa_required=True)
            accounts.change(conn, number["chi"], disabled_at=NOW, disabled_reason="inactive")
            accounts.change(conn, number["giang"], oidc_subject="https://id|7")
    assert restore(context, file, overwrite=True) == 0
    told = capsys.readouterr().out
    assert "so again: chi\n" in told and "look at them: binh, giang\n" in told
    assert "Accounts (codes still good): an (1), binh (0)." in told
    with closing(context.store()) as store:
        with store.write() as conn:
            good = [(name, digit) for digit, name in enumerate(("an", "an", "dung", "binh", "binh", "binh"), 1)
                    if accounts.use_recovery_code(conn, number[name], str(digit) * 64, NOW)]  # fmt: skip
            rows = audit_log.newest(conn, audit_log.AuditFilter(action="recovery-codes-revoked"), 9)
        assert good == [("an", 2), ("dung", 3)]
        assert [(one.target, one.after, one.reason) for one in rows] == [
            ("binh", "2", "restore"),
            ("an", "1", "restore"),
        ]
        assert {one.name: one.disabled_reason for one in Desk(store).people.list_accounts() if one.disabled_at} == {
            "chi": "inactive"
        }


def test_the_head_of_the_trail_that_goes_is_kept_and_told(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.ioc")
    with closing(context.store()) as store:
        assert backup(context, file) == 0
        Desk(store).people.add("an", "", [Role.VIEWER], "", BY)
        with store.read() as conn:
            gone = audit_log.head(conn)
    assert restore(context, file, overwrite=True) == 0
    assert f"ends with entry {gone.id}, hash {gone.hash}" in capsys.readouterr().out
    with closing(context.store()) as store, store.read() as conn:
        (whole,) = audit_log.newest(conn, audit_log.AuditFilter(action="backup-restored"), 9)
        assert whole.before == audit_log.encode_head(gone) and not audit_log.verify(conn).fault
    assert told_trail(context, "verify") == 0
    assert f"entry {whole.id}: restored from b.ioc; the replaced audit log ended with {gone.id}:{gone.hash}" in (
        capsys.readouterr().out
    )


def test_the_last_administrator_stays_and_is_named(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.ioc")
    with closing(context.store()) as store:
        desk = Desk(store)
        desk.people.add("an", "", [Role.ADMINISTRATOR], "", BY)
        assert backup(context, file) == 0
        desk.people.add("binh", "", [Role.ADMINISTRATOR], "", BY)
        desk.people.disable("an", BY)
    assert restore(context, file, overwrite=True) == 0
    assert "look at them: an" in capsys.readouterr().out
    with closing(context.store()) as store:
        assert [one.disabled_at for one in Desk(store).people.list_accounts()] == [None]


@pytest.mark.parametrize("kind", ["nothing", "broken"])
def test_without_a_store_to_compare_with_it_is_said_and_put_down(
    context: Context, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file, there = str(tmp_path / "b.ioc"), centre(tmp_path, "other")
    assert backup(context, file) == 0
    if kind == "broken":
        there.settings.data.mkdir()
        (there.settings.data / "ioc.db").write_bytes(b"no store at all" * 400)
    assert restore(there, file, overwrite=True) == 0
    said = {"nothing": "There was no store to compare with", "broken": "The store before could not be compared with"}
    assert said[kind] in capsys.readouterr().out
    with closing(there.store()) as store, store.read() as conn:
        (whole,) = audit_log.newest(conn, audit_log.AuditFilter(action="backup-restored"), 9)
    assert whole.reason == "not_compared"
