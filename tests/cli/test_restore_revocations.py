"""A restore and access: what was revoked after the backup is revoked again, an unusable secret is refused."""

from contextlib import closing
from pathlib import Path

import pytest

from components.ui.error_messages import describe
from ioc.auth.api_keys import NewApiKey
from ioc.auth.displays import DisplaySettings
from ioc.auth.secret_key import MIN_LENGTH, SecretKeyCode
from ioc.auth.services import AuthServices, build_services
from ioc.auth.user_admin import NewUser, UserChange
from ioc.cli.backup import backup
from ioc.cli.context import Context
from ioc.cli.restore import restore
from ioc.cli.users import audit as run_audit_command
from ioc.domain.access.principal import Principal, PrincipalKind, Role, Scope
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.failure import Failure
from ioc.storage.access import accounts, audit_log, sessions
from ioc.storage.access.audit_chain import encode_head
from ioc.storage.backup.errors import BackupCode
from ioc.storage.db.store import Store
from tests.auth.site import SECRET
from tests.cli.test_backup import NOW, SECRET_BODY, context_in, fill_data

BY, WALL = Principal(PrincipalKind.USER, "truong", roles=frozenset({Role.ADMINISTRATOR})), "10.0.0.9"


def auth_over(store: Store) -> AuthServices:
    """The services for accounts, displays and API keys over a store."""
    return build_services(store, lambda: NOW, AccessPolicy(), SECRET, agencies=())


def enrol_display(auth: AuthServices, name: str) -> str:
    """Enrols a display; returns its cookie."""
    enrolment = auth.displays.request_code(WALL)
    auth.displays.enrol(enrolment.code, DisplaySettings(name, "/"), BY)
    cookie = auth.displays.collect_cookie(enrolment.secret)
    assert cookie
    return cookie


@pytest.fixture
def context(tmp_path: Path) -> Context:
    filled = context_in(tmp_path)
    fill_data(filled)
    return filled


def test_restore_ends_sign_ins_whose_second_factor_is_outstanding(context: Context, tmp_path: Path) -> None:
    with closing(context.store()) as store, store.write() as conn:
        sessions.add_pending_login(conn, 1, "e" * 64, WALL, "", NOW)
    assert backup(context, str(tmp_path / "b.ioc")) == 0
    assert restore(context, str(tmp_path / "b.ioc"), overwrite=True) == 0
    with closing(context.store()) as store, store.read() as conn:
        assert sessions.get_pending_login(conn, "e" * 64) is None


def test_revocations_after_the_backup_are_repeated_by_restore(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.ioc")
    with closing(context.store()) as store:
        auth = auth_over(store)
        cookies = {name: enrol_display(auth, name) for name in ("left", "right", "again")}
        keys = {name: auth.api_keys.create(NewApiKey(name, [Scope.API]), BY) for name in ("current", "revoked")}
        for name in ("an", "binh", "chi"):
            auth.users.add(NewUser(name, [Role.VIEWER]), BY)
        assert backup(context, file) == 0
        for name in ("left", "again"):
            auth.displays.revoke(name, BY)
        new_cookie = enrol_display(auth, "again")  # the same name, another identity
        auth.api_keys.revoke("revoked", BY)
        auth.users.disable("an", BY)
        auth.users.change("binh", UserChange(roles=[Role.LEADER]), BY)
        auth.users.add(NewUser("dung", [Role.VIEWER]), BY)
    capsys.readouterr()
    assert restore(context, file, overwrite=True) == 0
    output = capsys.readouterr().out
    assert "Screens revoked after the backup, and so again: again, left\n" in output
    assert "Programs revoked after the backup, and so again: revoked\n" in output
    assert "Accounts disabled after the backup, and so again: an\n" in output and "look at them: binh\n" in output
    with closing(context.store()) as store:
        auth = auth_over(store)
        assert auth.displays.authenticate(cookies["right"], WALL).kind is PrincipalKind.DISPLAY
        assert auth.api_keys.authenticate(keys["current"], WALL).kind is PrincipalKind.API_KEY
        assert not any(
            auth.displays.authenticate(cookie, WALL).kind is PrincipalKind.DISPLAY
            for cookie in (cookies["left"], cookies["again"], new_cookie)
        )
        assert auth.api_keys.authenticate(keys["revoked"], WALL).kind is PrincipalKind.ANONYMOUS
        assert {account.name for account in auth.users.list_accounts(BY) if account.disabled_at} == {"an"}
        with store.read() as conn:
            entries = [
                (entry.action, entry.target, entry.reason)
                for entry in audit_log.newest(conn, audit_log.AuditFilter(actor="restore"), 9)
            ]
            (restored,) = audit_log.newest(conn, audit_log.AuditFilter(action="backup-restored"), 9)
            assert not audit_log.verify(conn).fault
    assert entries == [
        ("account-disabled", "an", "restore"), ("api-key-revoked", "revoked", "restore"),
        ("display-revoked", "left", "restore"), ("display-revoked", "again", "restore"),
    ]  # fmt: skip
    assert restored.reason == "reverted: binh"


def test_displays_whose_networks_are_those_of_the_backup_again_are_named(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.ioc")
    with closing(context.store()) as store:
        displays = auth_over(store).displays
        for name in ("left", "right", "gone"):
            enrol_display(auth_over(store), name)
        assert backup(context, file) == 0
        for name in ("left", "gone"):
            displays.change(name, DisplaySettings(name, "/", "10.0.0.9/32"), BY)
        displays.change("right", DisplaySettings("Right", "/"), BY)
        displays.revoke("gone", BY)
    capsys.readouterr()
    assert restore(context, file, overwrite=True) == 0
    assert "ranges of these screens are as they were then; look at them: left\n" in capsys.readouterr().out


def test_used_and_replaced_recovery_codes_stay_void_and_a_disabled_account_keeps_its_reason(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.ioc")
    with closing(context.store()) as store:
        auth = auth_over(store)
        for name in ("an", "binh", "chi", "dung", "giang"):
            auth.users.add(NewUser(name, [Role.VIEWER]), BY)
        with store.write() as conn:
            number = {account.name: account.id for account in accounts.list_all(conn)}
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
    output = capsys.readouterr().out
    assert "so again: chi\n" in output and "look at them: binh, giang\n" in output
    assert "Accounts (codes still good): an (1), binh (0)." in output
    with closing(context.store()) as store:
        with store.write() as conn:
            accepted = [(name, digit) for digit, name in enumerate(("an", "an", "dung", "binh", "binh", "binh"), 1)
                    if accounts.use_recovery_code(conn, number[name], str(digit) * 64, NOW)]  # fmt: skip
            rows = audit_log.newest(conn, audit_log.AuditFilter(action="recovery-codes-revoked"), 9)
        assert accepted == [("an", 2), ("dung", 3)]
        assert [(row.target, row.after, row.reason) for row in rows] == [
            ("binh", "2", "restore"),
            ("an", "1", "restore"),
        ]
        assert {
            account.name: account.disabled_reason
            for account in auth_over(store).users.list_accounts(BY)
            if account.disabled_at
        } == {"chi": "inactive"}


def test_one_time_passwords_that_were_used_or_replaced_stay_void(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.ioc")
    with closing(context.store()) as store:
        auth = auth_over(store)
        for name in ("an", "binh", "chi"):
            auth.users.add(NewUser(name, [Role.VIEWER]), BY)
        assert backup(context, file) == 0
        with store.write() as conn:
            number = {account.name: account.id for account in accounts.list_all(conn)}
            assert accounts.use_one_time_password(conn, number["an"])
        auth.users.reset_password("binh", BY)
    assert restore(context, file, overwrite=True) == 0
    assert "void again; give new ones to: an, binh\n" in capsys.readouterr().out
    with closing(context.store()) as store, store.read() as conn:
        assert [each.name for each in accounts.list_all(conn) if each.is_one_time_used] == ["an", "binh"]
        entries = audit_log.newest(conn, audit_log.AuditFilter(actor="restore", action="account-changed"), 9)
        assert {entry.target for entry in entries} == {"an", "binh"} and not audit_log.verify(conn).fault


def test_head_of_the_replaced_audit_log_is_printed_and_audited(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.ioc")
    with closing(context.store()) as store:
        assert backup(context, file) == 0
        auth_over(store).users.add(NewUser("an", [Role.VIEWER]), BY)
        with store.read() as conn:
            head = audit_log.head(conn)
    assert restore(context, file, overwrite=True) == 0
    assert f"ends with entry {head.id}, hash {head.hash}" in capsys.readouterr().out
    with closing(context.store()) as store, store.read() as conn:
        (restored,) = audit_log.newest(conn, audit_log.AuditFilter(action="backup-restored"), 9)
        assert restored.before == encode_head(head) and not audit_log.verify(conn).fault
    assert run_audit_command(context, "verify") == 0
    assert f"entry {restored.id}: restored from b.ioc; the replaced audit log ended with {head.id}:{head.hash}" in (
        capsys.readouterr().out
    )


def test_last_administrator_is_not_disabled_by_restore_and_is_reported(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "b.ioc")
    with closing(context.store()) as store:
        auth = auth_over(store)
        auth.users.add(NewUser("an", [Role.ADMINISTRATOR]), BY)
        assert backup(context, file) == 0
        auth.users.add(NewUser("binh", [Role.ADMINISTRATOR]), BY)
        auth.users.disable("an", BY)
    assert restore(context, file, overwrite=True) == 0
    assert "look at them: an" in capsys.readouterr().out
    with closing(context.store()) as store:
        assert [account.disabled_at for account in auth_over(store).users.list_accounts(BY)] == [None]


@pytest.mark.parametrize("kind", ["nothing", "broken"])
def test_restore_without_a_store_to_compare_is_reported_and_audited(
    context: Context, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file, other = str(tmp_path / "b.ioc"), context_in(tmp_path, "other")
    assert backup(context, file) == 0
    if kind == "broken":
        other.settings.data.mkdir()
        (other.settings.data / "ioc.db").write_bytes(b"no store at all" * 400)
    assert restore(other, file, overwrite=True) == 0
    messages = {
        "nothing": "There was no store to compare with",
        "broken": "The store before could not be compared with",
    }
    assert messages[kind] in capsys.readouterr().out
    with closing(other.store()) as store, store.read() as conn:
        (restored,) = audit_log.newest(conn, audit_log.AuditFilter(action="backup-restored"), 9)
    assert restored.reason == "not_compared"


@pytest.mark.parametrize(
    ("secret", "cause"),
    [(b"abcd", "too_short"), (b"", "empty"), (b"s" * 64, "guessable"), (b"\xff" * 64, "unreadable")],
)
def test_a_backup_whose_secret_the_program_would_refuse_is_not_restored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], secret: bytes, cause: str
) -> None:
    context, other = context_in(tmp_path), context_in(tmp_path, "other")
    fill_data(context)
    (context.settings.data / "secret").write_bytes(secret)
    assert backup(context, str(tmp_path / "b.ioc"), with_secret=True) == 1  # it says so, and keeps the file
    other.settings.data.mkdir()
    (other.settings.data / "secret").write_bytes(SECRET_BODY)
    assert restore(other, str(tmp_path / "b.ioc"), overwrite=True) == 1
    failure = Failure(SecretKeyCode(f"secret_key.{cause}"), {"location": "secret", "least": MIN_LENGTH})
    refused = Failure(BackupCode.SECRET_UNUSABLE, {"path": str(tmp_path / "b.ioc"), "cause": failure})
    assert describe(refused, "en") in capsys.readouterr().err
    assert (other.settings.data / "secret").read_bytes() == SECRET_BODY
    assert not (other.settings.data / "ioc.db").exists()
