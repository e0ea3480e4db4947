"""One's own account and everybody's: what begins a new session, what is asked of a password, who may change whom."""

from datetime import timedelta
from unicodedata import normalize

import pyotp
import pytest

from ioc.auth.errors import Refused
from ioc.auth.password_strength import common
from ioc.auth.passwords import demand_good
from ioc.auth.principal import Duty, Kind, Role, Visitor
from ioc.auth.users import People
from ioc.domain.base.times import from_ms
from ioc.storage.access import accounts, audit_log
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from tests.auth.people import ADMINISTRATOR, HOME, PASSWORD, Site, refused

NEW = "đàn cò trắng bay qua cánh đồng"


def refusal(call: object, *words: object, **more: object) -> str:
    with pytest.raises(Refused) as caught:
        call(*words, **more)  # type: ignore[operator]
    return caught.value.key


def test_a_new_password_ends_every_session_and_begins_one(store: Store) -> None:
    site = Site(store)
    site.person()
    one, other = site.enter(), site.enter()
    site.clock.on(minutes=10)
    made = site.people.change_password(one.visitor, normalize("NFD", PASSWORD), NEW)
    assert site.seen(one.cookie) is None and site.seen(other.cookie) is None
    found = site.seen(made.cookie)
    assert found is not None and found.session not in (one.visitor.session, other.visitor.session)
    assert refusal(site.people.sign_in, "an", PASSWORD, HOME) == "sign_in" and site.enter("an", NEW)
    assert site.people.sessions("an")[-1].created == from_ms(1000 * int(site.clock().timestamp()) - 600_000)


def test_a_new_password_is_looked_at(store: Store) -> None:
    site = Site(store)
    site.person("nguyen-lan")
    me = site.enter("nguyen-lan").visitor
    change = site.people.change_password
    assert refusal(change, me, "không phải", NEW) == "password_wrong"
    assert refusal(change, me, PASSWORD, PASSWORD) == "password_same"
    assert refusal(change, me, PASSWORD, "kX9v-2qLmT_8w") == "password_short"
    assert refusal(change, me, PASSWORD, "kX9v-2qLmT" * 13) == "password_long"
    assert refusal(change, me, PASSWORD, "Nguyễn Lan 2026 cantho!") == "password_common"
    assert site.enter("nguyen-lan")


def test_who_guesses_the_old_password_is_locked_out(store: Store) -> None:
    site = Site(store)
    site.person()
    me = site.enter().visitor
    for _ in range(5):
        assert refusal(site.people.change_password, me, "đoán mò một câu", NEW) == "password_wrong"
    assert refusal(site.people.change_password, me, PASSWORD, NEW) == "password_wrong"
    site.clock.on(seconds=60)
    assert site.people.change_password(me, PASSWORD, NEW)


def test_failures_of_a_neighbour_do_not_concern_who_is_signed_in(store: Store) -> None:
    site = Site(store)
    site.person()
    me = site.enter().visitor
    for _ in range(5):
        refused(site, "ai-do")
    assert refused(site, "an", PASSWORD).key == "sign_in"  # the address is locked to who is not
    assert site.people.change_password(me, PASSWORD, NEW)
    assert refused(site, "an", NEW).key == "sign_in"  # and stays so
    site.clock.on(seconds=61)
    assert site.enter("an", NEW)


def test_nobody_unlocks_themselves_and_a_lock_after_a_clock_that_went_back_is_told_as_it_is_kept(store: Store) -> None:
    site = Site(store)
    site.person("quan-tri", Role.ADMINISTRATOR)
    assert refusal(site.people.unlock, "quan-tri", ADMINISTRATOR) == "own_account"
    assert refusal(site.people.unlock, "khong-co", ADMINISTRATOR) == "no_account"
    for n in range(7):
        site.clock.on(minutes=5)
        refused(site, "quan-tri", address=f"10.7.0.{n}")
    site.clock.on(hours=-2)
    (one,) = site.people.accounts()
    assert one.locked == site.clock() + timedelta(minutes=4)
    site.clock.on(hours=3)
    assert [one.locked for one in site.people.accounts()] == [None]


def test_a_one_time_password_must_be_changed_then_an_administrator_sets_up_a_factor(store: Store) -> None:
    site = Site(store)
    given = site.people.first_administrator()
    assert given is not None and site.people.first_administrator() is None
    first = site.enter("quan-tri", given)
    assert first.visitor.duty is Duty.PASSWORD
    assert refusal(site.people.change_password, first.visitor, "", given) == "password_same"
    second = site.people.change_password(first.visitor, "", NEW)
    assert second.visitor.duty is Duty.FACTOR
    assert refusal(site.people.begin_factor, second.visitor, "") == "password_wrong"
    shown = site.people.begin_factor(second.visitor, NEW)
    assert shown.uri.startswith("otpauth://totp/") and shown.svg.startswith("<svg") and shown.secret in shown.uri
    phone = pyotp.TOTP(shown.secret)
    assert refusal(site.people.confirm_factor, second.visitor, "000000") == "code_wrong"
    done = site.people.confirm_factor(second.visitor, phone.at(site.clock()))
    assert done.signed.visitor.duty is Duty.NONE and len(done.codes) == 10
    assert site.seen(second.cookie) is None and site.seen(done.signed.cookie) is not None
    assert refusal(site.people.drop_factor, done.signed.visitor, NEW) == "factor_needed"
    token = site.begin("quan-tri", NEW)
    assert refusal(site.people.second, token, phone.at(site.clock()), HOME) == "second"  # used to confirm it
    assert site.people.second(token, done.codes[0], HOME)
    with store.read() as conn:
        kept = accounts.named(conn, "quan-tri")
    assert kept is not None and kept.factor and shown.secret not in kept.factor


def test_a_factor_allows_a_shorter_password_which_cannot_stand_alone(store: Store) -> None:
    site = Site(store)
    phone = site.with_factor()
    me = site.people.second(site.begin(), phone.at(site.clock()), HOME).visitor
    me = site.people.change_password(me, PASSWORD, "kX9v-2qLm").visitor
    assert refusal(site.people.drop_factor, me, "kX9v-2qLm") == "password_short"
    me = site.people.change_password(me, "kX9v-2qLm", NEW).visitor
    assert refusal(site.people.begin_factor, me, "") == "password_wrong"
    assert site.people.begin_factor(me, NEW) and site.people.has_factor(me)
    me = site.people.drop_factor(me, NEW).visitor
    assert not site.people.has_factor(me) and site.enter("an", NEW)


def test_rights_move_at_once_and_only_by_others(store: Store) -> None:
    site = Site(store)
    site.person("quan-tri", Role.ADMINISTRATOR)
    site.person("an", Role.VIEWER)
    cookie = site.enter("an").cookie
    assert site.seen(cookie) is not None
    site.people.change("an", ADMINISTRATOR, roles=[Role.REPORTER], agency="so-y-te")
    assert site.seen(cookie) is None
    found = site.enter("an").visitor
    assert (found.roles, found.agency) == (frozenset({Role.REPORTER}), "so-y-te")
    cookie = site.enter("an").cookie
    site.people.change("an", ADMINISTRATOR, shown="Chuyên viên An")
    again = site.seen(cookie)
    assert again is not None and again.shown == "Chuyên viên An"  # how one is called is no right
    change = site.people.change
    assert refusal(change, "quan-tri", ADMINISTRATOR, roles=[Role.LEADER, Role.ADMINISTRATOR]) == "own_account"
    assert refusal(site.people.reset, "quan-tri", ADMINISTRATOR, factor=True) == "own_account"
    assert refusal(change, "an", ADMINISTRATOR, agency="") == "agency_needed"
    assert refusal(change, "an", ADMINISTRATOR, roles=[]) == "roles_none"
    assert refusal(change, "khong-co", ADMINISTRATOR, roles=[Role.VIEWER]) == "no_account"
    with store.read() as conn:
        told = audit_log.newest(conn, audit_log.Wanted(action="account-changed", about="an"), 9)[-1]
        assert '"viewer"' in told.before and '"reporter"' in told.after and "so-y-te" in told.after
        assert audit_log.verify(conn).broken is None


def test_one_administrator_stays(store: Store) -> None:
    site = Site(store)
    here = Visitor(Kind.LOCAL, "command")
    site.person("quan-tri", Role.ADMINISTRATOR)
    assert refusal(site.people.disable, "quan-tri", here) == "last_administrator"
    assert refusal(site.people.change, "quan-tri", here, roles=[Role.VIEWER]) == "last_administrator"
    site.person("binh", Role.ADMINISTRATOR)
    site.people.disable("quan-tri", here)
    assert refusal(site.people.disable, "binh", here) == "last_administrator"


def test_disabled_and_enabled(store: Store) -> None:
    site = Site(store)
    site.person()
    cookie = site.enter().cookie
    site.people.disable("an", ADMINISTRATOR)
    assert site.seen(cookie) is None and refusal(site.people.sign_in, "an", PASSWORD, HOME) == "sign_in"
    site.people.enable("an", ADMINISTRATOR)
    assert site.enter()


def test_a_lost_telephone(store: Store) -> None:
    site = Site(store)
    site.with_factor()
    given = site.people.reset("an", ADMINISTRATOR, factor=True)
    assert site.enter("an", given).visitor.duty is Duty.PASSWORD


def test_names_are_ids(store: Store) -> None:
    site = Site(store)
    for name in ("", "An", "a b", "-a", "a-", "ă", "a" * 61):
        assert refusal(site.people.add, name, "", [Role.VIEWER], "", ADMINISTRATOR) == "name_bad"
    site.people.add("an", "", [Role.VIEWER], "", ADMINISTRATOR)
    assert refusal(site.people.add, "an", "", [Role.VIEWER], "", ADMINISTRATOR) == "name_taken"
    assert refusal(site.people.add, "binh", "", [Role.REPORTER], "", ADMINISTRATOR) == "agency_needed"


def test_a_factor_kept_under_another_secret_opens_nothing(store: Store) -> None:
    from ioc.auth.secret_key import Secret
    from ioc.domain.base.access_policy import Access

    site = Site(store)
    phone = site.with_factor()
    other = People(store, site.clock, Access(), Secret(b"another-secret-of-a-centre-0123456789"), hasher=site.hasher)
    assert refusal(other.second, site.begin(), phone.at(site.clock()), HOME) == "second"


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
    with pytest.raises(Refused):
        site.people.sign_in("an", "sai rồi", HOME)
    site.clock.on(days=401)
    site.people.sweep()
    assert site.seen(cookie) is None
    with store.read() as conn:
        left = [conn.exec_driver_sql(f"SELECT count(*) FROM {one}").scalar() for one in ("session", "attempt")]
        found = audit_log.verify(conn)
        assert left == [0, 0] and found.broken is None
        assert [one.action for one in audit_log.oldest(conn, audit_log.Wanted(), 9)][-1] == "trail-swept"


@pytest.mark.parametrize("password", [
    "M@tKh4u2026!!!", "cantho2026cantho", "Cần Thơ 2026 Cần Thơ", "qwertyuiop1234567", "12345678901234",
    "abcabcabcabcabc", "Passw0rd!!!!!!!", "ioc-cantho-admin-2026", "1qaz2wsx3edc4rfv", "zxcvbnm,./asdfghjkl",
    "TrungTamDieuHanh2026", "anhyeuem anhyeuem", "24111990 24111990", "aaaaaaaaaaaaaab", "!@#$%^&*()!@#$%^",
    "Người trực ban 0001", "P@55w0rd P@55w0rd",
])  # fmt: skip
def test_what_many_choose_is_refused(password: str) -> None:
    with pytest.raises(Refused, match="password_common"):
        demand_good(password, (), factor=False)


@pytest.mark.parametrize("password", [
    PASSWORD, NEW, "correct horse battery staple", "kX9v-2qLmT_8wZ", "con trâu trắng gặm cỏ ven đê",
    "mưa rào đầu mùa trên bến phà", "🌾🛶🌊🐟🌧️🌴🥭🍍🦆🌞🌙⭐🐃🏞️ lúa chín vàng",
])  # fmt: skip
def test_a_sentence_is_good(password: str) -> None:
    demand_good(password, ("an", "Sở Y tế"), factor=False)
    demand_good(normalize("NFD", password), (), factor=False)


def test_names_of_the_person_and_the_agency_are_no_password() -> None:
    names = ("le-quoc-khanh", "Lê Quốc Khánh", "so-nong-nghiep")
    assert common("LeQuocKhanh@so-nong-nghiep", names) and not common("LeQuocKhanh@so-nong-nghiep", ())
