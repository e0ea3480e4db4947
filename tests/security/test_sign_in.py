"""Signing in: one sentence and one hash for all who are refused; doors that close; nothing good twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from domain.access import Access
from security import factor, trail
from security.failure import Refused
from security.identity import Duty, Role
from security.locks import delay
from security.passwords import Places
from security.sign_in import SignedIn
from storage import accounts
from storage import trail as rows
from storage.store import Store
from tests.security.people import ADMINISTRATOR, AWAY, HOME, PASSWORD, Site

WRONG = "không phải mật khẩu này"


def refused(site: Site, name: str = "an", password: str = WRONG, address: str = HOME) -> Refused:
    with pytest.raises(Refused) as caught:
        site.people.sign_in(name, password, address)
    return caught.value


def causes(store: Store) -> list[str]:
    with store.read() as conn:
        return [one.why for one in rows.newest(conn, rows.Wanted(action="sign-in", result="refused"), 99)]


def test_whoever_is_refused_hears_the_same_after_the_same_work(store: Store) -> None:
    site = Site(store)
    for name in ("an", "binh", "chi", "dung"):
        site.person(name)
    site.people.add("moi", "", [Role.VIEWER], "", ADMINISTRATOR)
    site.people.disable("binh", ADMINISTRATOR)
    with store.write() as conn:
        for _ in range(9):
            from security.locks import Doors, reserve

            reserve(conn, Doors.of("chi", "10.9.9.9"), 5, site.clock())
    site.clock.on(seconds=10)
    heard, checked = [], []
    for n, name in enumerate(("an", "khong-co-ai", "binh", "moi", "\x00", "Đ" * 5000)):
        before = site.hasher.checked
        one = refused(site, name, WRONG if name != "binh" else PASSWORD, f"10.0.1.{n}")
        heard.append((one.key, one.parts))
        checked.append(site.hasher.checked - before)
    assert set(checked) == {1} and heard == [("sign_in", {"seconds": 0})] * len(heard)
    before = site.hasher.checked
    locked = refused(site, "chi", PASSWORD, "10.0.1.99")  # right, but too late
    assert (locked.key, site.hasher.checked - before) == ("sign_in", 1) and int(str(locked.parts["seconds"])) > 0


def test_what_was_typed_as_a_name_is_kept_nowhere(store: Store) -> None:
    site = Site(store)
    refused(site, PASSWORD)
    with store.read() as conn:
        text = [str(row) for one in ("trail", "attempt") for row in conn.exec_driver_sql(f"SELECT * FROM {one}")]
    assert len(text) >= 3 and not [row for row in text if PASSWORD in row]


def test_unicode_that_looks_the_same_is_the_same(store: Store) -> None:
    from unicodedata import normalize

    site = Site(store)
    site.person()
    for form in ("NFC", "NFD"):
        assert site.enter("AN ", normalize(form, PASSWORD))
    assert refused(site, password=PASSWORD.upper()).key == "sign_in"


def test_delays_grow_to_an_hour() -> None:
    minutes = [int(delay(n, 5).total_seconds() // 60) for n in range(14)]
    assert minutes == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert delay(10**9, 5) == timedelta(hours=1)


def test_a_door_closes_by_account_wherever_one_tries_from(store: Store) -> None:
    site = Site(store)
    site.person()
    for n in range(5):
        last = refused(site, address=f"10.0.2.{n}")
    assert last.parts["seconds"] == 60
    assert refused(site, password=PASSWORD, address=AWAY).parts["seconds"] == 60
    site.clock.on(seconds=60)
    assert refused(site, address="10.0.3.1").parts["seconds"] == 120
    site.clock.on(seconds=119)
    assert refused(site, password=PASSWORD).parts["seconds"] == 1
    site.clock.on(seconds=1)
    assert site.enter() and site.enter()  # and success forgets the failures
    assert refused(site).parts["seconds"] == 0
    assert causes(store).count("locked") == 2


def test_a_door_closes_by_address_whatever_name_is_tried(store: Store) -> None:
    site = Site(store)
    site.person()
    for n in range(5):
        refused(site, f"ai-{n}", address="2001:db8::1")
    assert refused(site, password=PASSWORD, address="2001:db8::ffff:9").parts["seconds"] == 60
    assert site.enter(address=HOME)


def test_an_unknown_name_is_locked_as_a_known_one_is(store: Store) -> None:
    site = Site(store)
    site.person()
    for name in ("an", "khong-co-ai"):
        told = [refused(site, name, address=f"10.4.{len(name)}.{n}").parts["seconds"] for n in range(7)]
        assert told == [0, 0, 0, 0, 60, 60, 60]


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=400)])
def test_a_clock_that_jumps_back_locks_nobody_out(store: Store, back: timedelta) -> None:
    site = Site(store)
    site.person()
    for n in range(5):
        refused(site, address=f"10.0.2.{n}")
    site.clock.now -= back
    assert refused(site, password=PASSWORD).parts["seconds"] == 60  # neither shorter nor longer
    site.clock.on(seconds=60)
    assert site.enter()


def test_the_count_holds_over_processes_and_tries_at_once(store: Store, url: str) -> None:
    Site(store).person()

    def guess(n: int) -> str:
        with closing(Store(url)) as own:
            site = Site(own)
            before = site.hasher.checked
            one = refused(site, address=f"10.5.0.{n}")
            return "looked" if one.parts["seconds"] != 60 or site.hasher.checked == before else "shut"

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(guess, range(12)))
    assert causes(store).count("password") <= 7 and causes(store).count("locked") >= 5


class Slow:
    """A hash that takes as long as the test wants; counts how many are made at once."""

    def __init__(self, argon: PasswordHasher, gate: threading.Event) -> None:
        self.argon, self.gate, self.now, self.most = argon, gate, 0, 0

    def hash(self, password: str) -> str:
        return self.argon.hash(password)

    def verify(self, kept: str, password: str) -> bool:
        self.now += 1
        self.most = max(self.most, self.now)
        self.gate.wait(20)
        self.now -= 1
        return self.argon.verify(kept, password)


def test_a_flood_is_told_to_come_again_and_takes_no_memory(store: Store) -> None:
    site = Site(store)
    site.person()
    gate = threading.Event()
    slow = Slow(site.hasher._argon, gate)
    vars(site.hasher)["_argon"] = slow
    with ThreadPoolExecutor(40) as pool:
        tries = [pool.submit(refused, site, "an", WRONG, f"10.6.0.{n}") for n in range(40)]
        while sum(one.done() for one in tries) < 38:
            gate.wait(0.01)
        told = [one for one in tries if one.done()]
        gate.set()
        keys = [one.result(timeout=20).key for one in tries]
    assert len(told) == 38 and keys.count("busy") == 38 and slow.most == 1
    assert len(causes(store)) == 2  # what was not looked at is no failure


def test_one_address_takes_one_place() -> None:
    places = Places(seconds=0.02)
    with places.place(HOME):
        with pytest.raises(Refused, match="busy"), places.place(HOME):
            pass
        with places.place(AWAY), places.place("10.0.0.3"), pytest.raises(Refused), places.place("10.0.0.4"):
            pass
    with places.place(HOME):
        pass


def test_one_network_of_ipv6_takes_one_place() -> None:
    """Who has a network of 64 bits has as many addresses as they like; it is known as a whole, too."""
    asked = list[str]()

    def known(whose: str) -> bool:
        asked.append(whose)
        return True

    places = Places(known, seconds=0.02)
    with places.place("2001:db8:0:7::1"):
        with pytest.raises(Refused, match="busy"), places.place("2001:db8:0:7:ffff::2"):
            pass
        with places.place("2001:db8:0:8::1"):
            pass
    assert set(asked) == {"2001:db8:0:7::/64", "2001:db8:0:8::/64"} and not places._in


def test_whoever_waits_is_let_in_by_turns_and_strangers_never_take_the_last_place() -> None:
    places, order, gate = Places(lambda address: address.startswith("10."), seconds=20), list[str](), threading.Event()

    def enter(address: str) -> None:
        with places.place(address):
            order.append(address)
            gate.wait(20)

    def waiting(n: int) -> None:
        while len(places._queue) + len(places._in) < n:
            gate.wait(0.005)

    with ThreadPoolExecutor(8) as pool:
        some = []
        for n, address in enumerate(("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "10.0.0.1", "10.0.0.2"), 1):
            some.append(pool.submit(enter, address))
            waiting(n)
        for address in ("192.0.2.5", "192.0.2.3"):  # the queue is full for strangers, and nobody stands in it twice
            with pytest.raises(Refused, match="busy"), places.place(address):
                pass
        assert order == ["192.0.2.1", "192.0.2.2", "10.0.0.1"]
        gate.set()
        assert [one.result(20) for one in some] == [None] * 6
    assert order.index("192.0.2.3") < order.index("192.0.2.4") and not places._in and not places._queue


def test_a_flood_of_strangers_shuts_nobody_out_who_was_here_before(store: Store) -> None:
    """Twelve strangers at once, each from an address of its own, for as long as somebody signs in ten times."""
    site, over = Site(store), threading.Event()
    site.person()
    site.enter()

    def strange(n: int) -> int:
        tries = 0
        while not over.wait(0.02) and tries < 500:
            with pytest.raises(Refused):
                site.people.sign_in(f"x-{n}", WRONG, f"192.0.2.{n}")
            tries += 1
        return tries

    with ThreadPoolExecutor(12) as pool:
        flood = [pool.submit(strange, n) for n in range(12)]
        try:
            for _ in range(10):
                assert site.enter()
        finally:
            over.set()
        assert all(one.result(20) for one in flood)


def test_a_second_factor_is_asked_for(store: Store) -> None:
    site = Site(store)
    phone = site.with_factor("an", Role.ADMINISTRATOR)
    token = site.begin()
    made = site.people.second(token, phone.at(site.clock()), HOME)
    assert made.visitor.duty is Duty.NONE and site.seen(made.cookie) is not None
    assert site.seen(token) is None  # half a sign-in opens nothing
    with pytest.raises(Refused, match="waited"):
        site.people.second(token, phone.at(site.clock()), HOME)


def test_a_code_is_good_once(store: Store) -> None:
    site = Site(store)
    phone = site.with_factor()
    first, second = site.begin(), site.begin()
    code = phone.at(site.clock())
    site.people.second(first, code, HOME)
    with pytest.raises(Refused, match="second"):
        site.people.second(second, code, HOME)
    with pytest.raises(Refused, match="second"):  # an older one neither
        site.people.second(second, phone.at(site.clock() - timedelta(seconds=30)), HOME)
    assert site.people.second(second, phone.at(site.clock() + timedelta(seconds=30)), HOME)


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_code_of_a_neighbouring_step_is_good(store: Store, seconds: int, good: bool) -> None:
    secret, now = factor.new_secret(), Site(store).clock()
    import pyotp

    assert (factor.step_of(secret, pyotp.TOTP(secret).at(now + timedelta(seconds=seconds)), now) is not None) == good


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "\x00" * 6, "123 45a"])
def test_what_is_no_code_is_refused(code: str, store: Store) -> None:
    site = Site(store)
    site.with_factor()
    with pytest.raises(Refused, match="second"):
        site.people.second(site.begin(), code, HOME)


def test_a_recovery_code_is_good_once(store: Store) -> None:
    site = Site(store)
    site.with_factor()
    codes = site.people.new_recovery_codes(site_visitor(site), PASSWORD)
    assert len(set(codes)) == 10
    site.people.second(site.begin(), codes[0].upper().replace("-", " "), HOME)
    with pytest.raises(Refused, match="second"):
        site.people.second(site.begin(), codes[0], HOME)
    assert site.people.recovery_left(site_visitor(site)) == 9
    with store.read() as conn:
        kept = str(conn.exec_driver_sql("SELECT * FROM recovery").all())
    assert codes[1] not in kept and codes[1].replace("-", "") not in kept


def site_visitor(site: Site):  # type: ignore[no-untyped-def]
    from security.identity import Kind, Visitor

    return Visitor(Kind.PERSON, "an", address=HOME)


def test_codes_are_counted_as_passwords_are(store: Store) -> None:
    site = Site(store)
    phone = site.with_factor()
    token = site.begin()
    told = []
    for _ in range(6):
        with pytest.raises(Refused, match="second") as caught:
            site.people.second(token, "000000", HOME)
        told.append(caught.value.parts["seconds"])
    assert told == [0, 0, 0, 0, 60, 60]
    with pytest.raises(Refused, match="second"):
        site.people.second(token, phone.at(site.clock()), HOME)
    site.clock.on(seconds=60)
    assert site.people.second(token, phone.at(site.clock()), HOME)


def test_a_right_password_alone_forgets_no_failures(store: Store) -> None:
    site = Site(store)
    site.with_factor()
    for n in range(4):
        token = site.begin(address=f"10.7.0.{n}")
        with pytest.raises(Refused, match="second"):
            site.people.second(token, "000000", f"10.7.0.{n}")
    site.begin(address="10.7.0.8")
    assert refused(site, address="10.7.0.9").parts["seconds"] == 60


def test_a_half_sign_in_is_bound_to_its_address_and_five_minutes(store: Store) -> None:
    site = Site(store)
    phone = site.with_factor()
    token = site.begin()
    with pytest.raises(Refused, match="waited"):
        site.people.second(token, phone.at(site.clock()), AWAY)
    site.clock.on(minutes=5)
    with pytest.raises(Refused, match="waited"):
        site.people.second(token, phone.at(site.clock()), HOME)


def test_a_one_time_password_is_good_once_and_for_a_day(store: Store) -> None:
    site = Site(store)
    given = site.people.add("an", "Người trực", [Role.OPERATOR], "", ADMINISTRATOR)
    assert site.enter("an", given).visitor.duty is Duty.PASSWORD
    assert refused(site, "an", given).key == "sign_in"
    given = site.people.reset("an", ADMINISTRATOR)
    site.clock.on(hours=24, seconds=1)
    assert refused(site, "an", given).key == "sign_in" and "once" in causes(store)


@pytest.mark.parametrize("what", ["once", "code", "recovery"])
def test_two_workers_pressed_at_once_let_in_one(store: Store, url: str, what: str) -> None:
    site = Site(store)
    codes: tuple[str, ...] = ()
    if what == "once":
        given = site.people.add("an", "", [Role.VIEWER], "", ADMINISTRATOR)
    else:
        phone = site.with_factor()
        codes = site.people.new_recovery_codes(site_visitor(site), PASSWORD)
        tokens = [site.begin() for _ in range(4)]
        code = phone.at(site.clock()) if what == "code" else codes[0]
    together = threading.Barrier(4)

    def press(n: int) -> bool:
        with closing(Store(url)) as own:
            other = Site(own)
            other.person("khac-" + str(n))
            together.wait(20)
            try:
                if what == "once":
                    return isinstance(other.people.sign_in("an", given, f"10.8.0.{n}"), SignedIn)
                return isinstance(other.people.second(tokens[n], code, HOME), SignedIn)
            except Refused:
                return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(press, range(4))) == 1
    with store.read() as conn:
        assert rows.verify(conn).broken is None


def test_an_account_that_nobody_uses_is_disabled(store: Store) -> None:
    site = Site(store)
    for name in ("an", "binh"):
        site.person(name)
    site.clock.on(days=45)
    assert site.enter("an")
    site.clock.on(seconds=1)
    assert refused(site, "binh", PASSWORD).key == "sign_in"
    found = {one.name: one for one in site.people.accounts()}
    assert found["binh"].why == "unused" and not found["an"].disabled
    site.people.enable("binh", ADMINISTRATOR)
    assert site.enter("binh")
    site.clock.on(days=46)
    site.people.sweep()
    assert all(one.disabled for one in site.people.accounts())


def test_a_clock_that_leapt_ahead_leaves_one_administrator(store: Store) -> None:
    site = Site(store)
    site.person("an", Role.ADMINISTRATOR)
    site.person("binh", Role.ADMINISTRATOR)
    site.clock.on(days=4000)
    site.people.sweep()
    assert [one.name for one in site.people.accounts() if not one.disabled] == ["binh"]
    assert site.enter("binh").visitor.duty is Duty.FACTOR


def test_a_password_hashed_with_older_parameters_is_hashed_again(store: Store) -> None:
    site = Site(store)
    number = site.person()
    with store.write() as conn:
        accounts.change(conn, number, password=PasswordHasher(1, 8192, 1).hash(PASSWORD))
    assert site.enter()
    with store.read() as conn:
        now = accounts.named(conn, "an")
    assert now is not None and not site.hasher.outdated(now.password) and "m=19456,t=2,p=1" in now.password
    assert site.enter()


def test_the_rules_may_be_set(store: Store) -> None:
    site = Site(store, rules=Access(lock_after=2))
    site.person()
    assert [refused(site, address=f"10.0.9.{n}").parts["seconds"] for n in range(2)] == [0, 60]
    assert trail.REFUSED == "refused"
