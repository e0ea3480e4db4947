"""Whoever signs in is told when the last time was, what failed since, and that a place is new."""

from datetime import datetime

import pyotp
import pytest

from ioc.auth import mfa
from ioc.auth.errors import Refused
from ioc.auth.login_history import browser
from ioc.auth.oidc_accounts import Vouched
from ioc.auth.principal import Role
from ioc.auth.users import SignedIn, Waiting
from ioc.storage.access import accounts, audit_log
from ioc.storage.access.sessions import Entered
from ioc.storage.db.store import Store
from tests.auth.people import AWAY, HOME, PASSWORD, Site

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"


@pytest.fixture
def site(store: Store) -> Site:
    made = Site(store)
    made.person()
    return made


def enter(site: Site, address: str = HOME, agent: str = FIREFOX.format(140)) -> Entered:
    made = site.people.sign_in("an", PASSWORD, address, agent=agent)
    assert isinstance(made, SignedIn)
    return site.people.entered(made.visitor)


def fail(site: Site, times: int, name: str = "an", address: str = AWAY) -> None:
    for _ in range(times):
        with pytest.raises(Refused):
            site.people.sign_in(name, "không phải câu này", address)


def test_the_first_time_nothing_is_new_and_the_second_tells_of_the_first(site: Site) -> None:
    assert enter(site) == Entered()
    first: datetime = site.clock()
    site.clock.on(hours=20)
    told = enter(site)
    assert told.before is not None and abs((told.before - first).total_seconds()) < 1
    assert (told.address, told.missed, told.strange) == (HOME, 0, frozenset())


def test_failures_since_are_counted_also_those_before_a_closed_door(site: Site) -> None:
    enter(site)
    fail(site, 8)  # five are looked at, then the door is locked
    fail(site, 2, "nobody", "10.0.0.66")
    site.clock.on(hours=2)
    assert enter(site).missed == 8
    assert enter(site).missed == 0


def test_a_wrong_code_counts_too_and_the_own_steps_do_not(site: Site) -> None:
    phone = site.with_factor("binh")
    token = site.begin("binh")
    with pytest.raises(Refused):
        site.people.second(token, "000000", HOME)
    found = site.people.second(token, phone.at(site.clock()), HOME)
    assert site.people.entered(found.visitor).missed == 1
    site.clock.on(minutes=2)
    found = site.people.second(site.begin("binh"), phone.at(site.clock()), HOME)
    assert site.people.entered(found.visitor).missed == 0


def test_a_right_password_that_never_reached_the_second_step_is_told(site: Site) -> None:
    phone = site.with_factor("binh")
    site.begin("binh", address=AWAY)  # whoever has the password, and not the telephone
    found = site.people.second(site.begin("binh"), phone.at(site.clock()), HOME)
    assert site.people.entered(found.visitor).missed == 1


def test_who_signs_in_while_a_password_is_looked_at_leaves_no_count_below_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.with_factor("binh")

    def meanwhile(_: str) -> bool:
        with site.store.write() as conn:
            found = accounts.named(conn, "binh")
            assert found is not None and found.missed == 1
            accounts.change(conn, found.id, missed=0)
        return False

    monkeypatch.setattr(site.hasher, "outdated", meanwhile)
    site.begin("binh")
    with site.store.read() as conn:
        assert [one.missed for one in accounts.listed(conn)] == [0, 0]


def test_a_new_address_and_a_new_browser_are_marked_an_update_is_none(site: Site) -> None:
    enter(site)
    assert enter(site, agent=FIREFOX.format(141)).strange == frozenset()
    assert enter(site, AWAY).strange == {"address"}
    assert enter(site, AWAY).strange == frozenset()
    assert enter(site, HOME, "curl/8").strange == {"browser"}
    newest = site.people.sessions("an")[0]
    assert newest.entered.strange == {"browser"}
    with site.store.read() as conn:
        assert [one.after for one in audit_log.newest(conn, audit_log.Wanted(action="signed-in"), 3)] == [
            "new-browser",
            "",
            "new-address",
        ]


def test_a_place_is_forgotten_after_half_a_year(site: Site) -> None:
    enter(site)
    enter(site, AWAY)
    for _ in range(7):
        site.clock.on(days=30)
        enter(site, AWAY)
        site.people.sweep()
    assert enter(site).strange == {"address"}


def test_a_session_that_follows_another_keeps_what_was_told(site: Site) -> None:
    enter(site)
    fail(site, 1)
    made = site.enter()
    after = site.people.change_password(made.visitor, PASSWORD, "đàn cò trắng bay qua cánh đồng")
    assert site.people.entered(after.visitor).missed == 1
    assert site.people.news(after.visitor) is not None
    site.clock.on(minutes=11)
    assert site.people.news(after.visitor) is None


def test_who_comes_through_a_provider_is_told_too(site: Site) -> None:
    told = Vouched("https://id|7", "chi", "Chi", ("viewer",), "", second=False)
    first = site.people.vouched(told, HOME, agent="a")
    assert isinstance(first, SignedIn) and site.people.entered(first.visitor) == Entered()
    again = site.people.vouched(told, AWAY, agent="a")
    assert isinstance(again, SignedIn) and site.people.entered(again.visitor).strange == {"address"}


def test_whose_provider_vouches_but_who_never_showed_our_factor_is_told(site: Site) -> None:
    told = Vouched("https://id|7", "chi", "Chi", ("viewer",), "", second=False)
    first = site.people.vouched(told, HOME, agent="a")
    assert isinstance(first, SignedIn)
    secret = mfa.new_secret()
    with site.store.write() as conn:
        chi = accounts.of_subject(conn, told.subject)
        assert chi is not None
        accounts.change(conn, chi.id, factor=site.people.cipher.close(secret))
    waiting = [site.people.vouched(told, address, agent="a") for address in (AWAY, HOME)]
    assert isinstance(waiting[1], Waiting)
    found = site.people.second(waiting[1].token, pyotp.TOTP(secret).at(site.clock()), HOME)
    assert site.people.entered(found.visitor).missed == 1


def test_without_a_password_of_ours_a_factor_is_set_up_only_just_after_signing_in(site: Site) -> None:
    told = Vouched("https://id|7", "chi", "Chi", ("viewer",), "", second=False, asks_factor=True)
    made = site.people.vouched(told, HOME)
    assert isinstance(made, SignedIn) and not site.people.has_password(made.visitor)
    site.clock.on(minutes=4)
    assert site.people.begin_factor(made.visitor, "")
    site.clock.on(minutes=2)
    with pytest.raises(Refused, match="sign_in_again"):
        site.people.begin_factor(made.visitor, "")


def test_a_count_for_a_name_that_nobody_has_is_kept_nowhere(site: Site) -> None:
    site.person("quan-tri", Role.ADMINISTRATOR)
    fail(site, 3, "nobody")
    with site.store.read() as conn:
        assert [one.missed for one in accounts.listed(conn)] == [0, 0]


@pytest.mark.parametrize("agent", ["", "\0", "x" * 999, "é" * 300])
def test_any_browser_has_a_name(agent: str) -> None:
    assert len(browser(agent)) <= 200 and "\0" not in browser(agent)
