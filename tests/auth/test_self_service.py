"""One's own account and everybody's: what begins a new session, what is asked of a password, who may change whom."""

from datetime import timedelta
from unicodedata import normalize

import pyotp
import pytest

from ioc.auth.account_service import AccountService
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.password_strength import is_common
from ioc.auth.passwords import require_strong
from ioc.auth.principal import Principal, PrincipalKind, RequiredAction, Role
from ioc.domain.base.times import from_ms
from ioc.storage.access import accounts, audit_log
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, HOME, PASSWORD, Site, denied, refused

NEW = "đàn cò trắng bay qua cánh đồng"


def refusal(call: object, *words: object, **more: object) -> AuthCode:
    with pytest.raises(AuthError) as caught:
        call(*words, **more)  # type: ignore[operator]
    return caught.value.code


def test_a_new_password_ends_every_session_and_begins_one(store: Store) -> None:
    site = Site(store)
    site.person()
    one, other = site.enter(), site.enter()
    site.clock.on(minutes=10)
    made = site.people.change_password(one.principal, normalize("NFD", PASSWORD), NEW)
    assert site.seen(one.cookie) is None and site.seen(other.cookie) is None
    found = site.seen(made.cookie)
    assert found is not None and found.session_id not in (one.principal.session_id, other.principal.session_id)
    assert refusal(site.people.sign_in, "an", PASSWORD, HOME) is AuthCode.LOGIN_FAILED and site.enter("an", NEW)
    assert site.people.list_sessions("an")[-1].created_at == from_ms(1000 * int(site.clock().timestamp()) - 600_000)


def test_a_new_password_is_looked_at(store: Store) -> None:
    site = Site(store)
    site.person("nguyen-lan")
    me = site.enter("nguyen-lan").principal
    change = site.people.change_password
    assert refusal(change, me, "không phải", NEW) is AuthCode.PASSWORD_WRONG
    assert refusal(change, me, PASSWORD, PASSWORD) is AuthCode.PASSWORD_UNCHANGED
    assert refusal(change, me, PASSWORD, "kX9v-2qLmT_8w") is AuthCode.PASSWORD_TOO_SHORT
    assert refusal(change, me, PASSWORD, "kX9v-2qLmT" * 13) is AuthCode.PASSWORD_TOO_LONG
    assert refusal(change, me, PASSWORD, "Nguyễn Lan 2026 cantho!") is AuthCode.PASSWORD_COMMON
    assert site.enter("nguyen-lan")


def test_who_guesses_the_old_password_is_locked_out(store: Store) -> None:
    site = Site(store)
    site.person()
    me = site.enter().principal
    for _ in range(5):
        assert refusal(site.people.change_password, me, "đoán mò một câu", NEW) is AuthCode.PASSWORD_WRONG
    assert refusal(site.people.change_password, me, PASSWORD, NEW) is AuthCode.PASSWORD_WRONG
    site.clock.on(seconds=60)
    assert site.people.change_password(me, PASSWORD, NEW)


def test_failures_of_a_neighbour_do_not_concern_who_is_signed_in(store: Store) -> None:
    site = Site(store)
    site.person()
    me = site.enter().principal
    for _ in range(5):
        refused(site, "ai-do")
    assert refused(site, "an", PASSWORD).code is AuthCode.LOGIN_FAILED  # the address is locked to who is not
    assert site.people.change_password(me, PASSWORD, NEW)
    assert refused(site, "an", NEW).code is AuthCode.LOGIN_FAILED  # and stays so
    site.clock.on(seconds=61)
    assert site.enter("an", NEW)


def test_nobody_unlocks_themselves_and_a_lock_after_a_clock_that_went_back_is_told_as_it_is_kept(store: Store) -> None:
    site = Site(store)
    site.person("quan-tri", Role.ADMINISTRATOR)
    assert refusal(site.people.unlock, "quan-tri", ADMINISTRATOR) is AuthCode.OWN_ACCOUNT
    assert refusal(site.people.unlock, "khong-co", ADMINISTRATOR) is AuthCode.ACCOUNT_NOT_FOUND
    for n in range(7):
        site.clock.on(minutes=5)
        refused(site, "quan-tri", address=f"10.7.0.{n}")
    site.clock.on(hours=-2)
    (one,) = site.people.list_accounts()
    assert one.locked_until == site.clock() + timedelta(minutes=4)
    site.clock.on(hours=3)
    assert [one.locked_until for one in site.people.list_accounts()] == [None]


def test_a_one_time_password_must_be_changed_then_an_administrator_sets_up_a_factor(store: Store) -> None:
    site = Site(store)
    given = site.people.create_first_administrator()
    assert given is not None and site.people.create_first_administrator() is None
    first = site.enter("quan-tri", given)
    assert first.principal.required_action is RequiredAction.CHANGE_PASSWORD
    assert refusal(site.people.change_password, first.principal, "", given) is AuthCode.PASSWORD_UNCHANGED
    second = site.people.change_password(first.principal, "", NEW)
    assert second.principal.required_action is RequiredAction.ENROL_MFA
    assert refusal(site.people.begin_mfa, second.principal, "") is AuthCode.PASSWORD_WRONG
    shown = site.people.begin_mfa(second.principal, NEW)
    assert shown.uri.startswith("otpauth://totp/") and shown.qr_svg.startswith("<svg") and shown.secret in shown.uri
    phone = pyotp.TOTP(shown.secret)
    assert refusal(site.people.confirm_mfa, second.principal, "000000") is AuthCode.MFA_CODE_WRONG
    done = site.people.confirm_mfa(second.principal, phone.at(site.clock()))
    assert done.session.principal.required_action is RequiredAction.NONE and len(done.recovery_codes) == 10
    assert site.seen(second.cookie) is None and site.seen(done.session.cookie) is not None
    assert refusal(site.people.remove_mfa, done.session.principal, NEW) is AuthCode.MFA_MANDATORY
    token = site.begin("quan-tri", NEW)
    assert (
        refusal(site.people.verify_mfa, token, phone.at(site.clock()), HOME) is AuthCode.MFA_FAILED
    )  # used to confirm it
    assert site.people.verify_mfa(token, done.recovery_codes[0], HOME)
    with store.read() as conn:
        kept = accounts.get_by_name(conn, "quan-tri")
    assert kept is not None and kept.totp_secret and shown.secret not in kept.totp_secret


def test_a_factor_allows_a_shorter_password_which_cannot_stand_alone(store: Store) -> None:
    site = Site(store)
    phone = site.with_factor()
    me = site.people.verify_mfa(site.begin(), phone.at(site.clock()), HOME).principal
    me = site.people.change_password(me, PASSWORD, "kX9v-2qLm").principal
    assert refusal(site.people.remove_mfa, me, "kX9v-2qLm") is AuthCode.PASSWORD_TOO_SHORT
    me = site.people.change_password(me, "kX9v-2qLm", NEW).principal
    assert refusal(site.people.begin_mfa, me, "") is AuthCode.PASSWORD_WRONG
    assert site.people.begin_mfa(me, NEW) and site.people.has_mfa(me)
    me = site.people.remove_mfa(me, NEW).principal
    assert not site.people.has_mfa(me) and site.enter("an", NEW)


def test_rights_move_at_once_and_only_by_others(store: Store) -> None:
    site = Site(store)
    site.person("quan-tri", Role.ADMINISTRATOR)
    site.person("an", Role.VIEWER)
    cookie = site.enter("an").cookie
    assert site.seen(cookie) is not None
    site.people.change("an", ADMINISTRATOR, roles=[Role.REPORTER], agency="so-y-te")
    assert site.seen(cookie) is None
    found = site.enter("an").principal
    assert (found.roles, found.agency) == (frozenset({Role.REPORTER}), "so-y-te")
    cookie = site.enter("an").cookie
    site.people.change("an", ADMINISTRATOR, display_name="Chuyên viên An")
    again = site.seen(cookie)
    assert again is not None and again.display_name == "Chuyên viên An"  # how one is called is no right
    change = site.people.change
    assert refusal(change, "quan-tri", ADMINISTRATOR, roles=[Role.LEADER, Role.ADMINISTRATOR]) is AuthCode.OWN_ACCOUNT
    assert refusal(site.people.reset_password, "quan-tri", ADMINISTRATOR, with_mfa=True) is AuthCode.OWN_ACCOUNT
    assert refusal(change, "an", ADMINISTRATOR, agency="") is AuthCode.AGENCY_MISSING
    assert refusal(change, "an", ADMINISTRATOR, roles=[]) is AuthCode.ROLE_MISSING
    assert refusal(change, "khong-co", ADMINISTRATOR, roles=[Role.VIEWER]) is AuthCode.ACCOUNT_NOT_FOUND
    with store.read() as conn:
        told = audit_log.newest(conn, audit_log.AuditFilter(action="account-changed", target="an"), 9)[-1]
        assert '"viewer"' in told.before and '"reporter"' in told.after and "so-y-te" in told.after
        assert audit_log.verify(conn).first_bad_id is None


def test_one_administrator_stays(store: Store) -> None:
    site = Site(store)
    here = Principal(PrincipalKind.LOCAL, "command")
    site.person("quan-tri", Role.ADMINISTRATOR)
    assert refusal(site.people.disable, "quan-tri", here) is AuthCode.LAST_ADMINISTRATOR
    assert refusal(site.people.change, "quan-tri", here, roles=[Role.VIEWER]) is AuthCode.LAST_ADMINISTRATOR
    site.person("binh", Role.ADMINISTRATOR)
    site.people.disable("quan-tri", here)
    assert refusal(site.people.disable, "binh", here) is AuthCode.LAST_ADMINISTRATOR


def test_disabled_and_enabled(store: Store) -> None:
    site = Site(store)
    site.person()
    cookie = site.enter().cookie
    site.people.disable("an", ADMINISTRATOR)
    assert site.seen(cookie) is None and refusal(site.people.sign_in, "an", PASSWORD, HOME) is AuthCode.LOGIN_FAILED
    site.people.enable("an", ADMINISTRATOR)
    assert site.enter()


def test_a_lost_telephone(store: Store) -> None:
    site = Site(store)
    site.with_factor()
    given = site.people.reset_password("an", ADMINISTRATOR, with_mfa=True)
    assert site.enter("an", given).principal.required_action is RequiredAction.CHANGE_PASSWORD


def test_names_are_ids(store: Store) -> None:
    site = Site(store)
    for name in ("", "An", "a b", "-a", "a-", "ă", "a" * 61):
        assert refusal(site.people.add, name, "", [Role.VIEWER], "", ADMINISTRATOR) is AuthCode.USERNAME_INVALID
    site.people.add("an", "", [Role.VIEWER], "", ADMINISTRATOR)
    assert refusal(site.people.add, "an", "", [Role.VIEWER], "", ADMINISTRATOR) is AuthCode.USERNAME_TAKEN
    assert refusal(site.people.add, "binh", "", [Role.REPORTER], "", ADMINISTRATOR) is AuthCode.AGENCY_MISSING


def test_a_factor_kept_under_another_secret_opens_nothing(store: Store) -> None:
    from ioc.auth.secret_key import SecretKey
    from ioc.domain.base.access_policy import AccessPolicy

    site = Site(store)
    phone = site.with_factor()
    other = AccountService(
        store, site.clock, AccessPolicy(), SecretKey(b"another-secret-of-a-centre-0123456789"), hasher=site.hasher
    )
    assert refusal(other.verify_mfa, site.begin(), phone.at(site.clock()), HOME) is AuthCode.MFA_FAILED


def test_signing_in_moves_no_frame_but_a_right_does(store: Store) -> None:
    site = Site(store)
    site.person()

    def number() -> int:
        with store.read() as conn:
            return change_counter.read(conn).store

    before = number()
    site.enter()
    assert number() == before
    site.people.disable("an", ADMINISTRATOR)
    assert number() == before + 1


def test_the_sweep_of_a_day(store: Store) -> None:
    site = Site(store)
    site.person()
    cookie = site.enter().cookie
    with pytest.raises(AuthError):
        site.people.sign_in("an", "sai rồi", HOME)
    site.clock.on(days=401)
    site.people.sweep()
    assert site.seen(cookie) is None
    with store.read() as conn:
        left = [conn.exec_driver_sql(f"SELECT count(*) FROM {one}").scalar() for one in ("session", "login_attempt")]
        found = audit_log.verify(conn)
        assert left == [0, 0] and found.first_bad_id is None
        assert [one.action for one in audit_log.oldest(conn, audit_log.AuditFilter(), 9)][-1] == "audit-purged"


@pytest.mark.parametrize("password", [
    "M@tKh4u2026!!!", "cantho2026cantho", "Cần Thơ 2026 Cần Thơ", "qwertyuiop1234567", "12345678901234",
    "abcabcabcabcabc", "Passw0rd!!!!!!!", "ioc-cantho-admin-2026", "1qaz2wsx3edc4rfv", "zxcvbnm,./asdfghjkl",
    "TrungTamDieuHanh2026", "anhyeuem anhyeuem", "24111990 24111990", "aaaaaaaaaaaaaab", "!@#$%^&*()!@#$%^",
    "Người trực ban 0001", "P@55w0rd P@55w0rd",
])  # fmt: skip
def test_what_many_choose_is_refused(password: str) -> None:
    with denied(AuthCode.PASSWORD_COMMON):
        require_strong(password, (), has_mfa=False)


@pytest.mark.parametrize("password", [
    PASSWORD, NEW, "correct horse battery staple", "kX9v-2qLmT_8wZ", "con trâu trắng gặm cỏ ven đê",
    "mưa rào đầu mùa trên bến phà", "🌾🛶🌊🐟🌧️🌴🥭🍍🦆🌞🌙⭐🐃🏞️ lúa chín vàng",
])  # fmt: skip
def test_a_sentence_is_good(password: str) -> None:
    require_strong(password, ("an", "Sở Y tế"), has_mfa=False)
    require_strong(normalize("NFD", password), (), has_mfa=False)


def test_names_of_the_person_and_the_agency_are_no_password() -> None:
    names = ("le-quoc-khanh", "Lê Quốc Khánh", "so-nong-nghiep")
    assert is_common("LeQuocKhanh@so-nong-nghiep", names) and not is_common("LeQuocKhanh@so-nong-nghiep", ())
