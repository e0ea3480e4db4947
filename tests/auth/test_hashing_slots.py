"""Hashing slots: the limit of parallel password checks, during floods too."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.passwords import HashingSlots
from ioc.storage.db.store import Store
from tests.auth.site import AWAY, HOME, WRONG, Site, denial_causes, denied, failed_login


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


def test_flood_of_logins_is_answered_busy(store: Store) -> None:
    site = Site(store)
    site.add_user()
    gate = threading.Event()
    slow = Slow(site.hasher._argon, gate)
    vars(site.hasher)["_argon"] = slow
    with ThreadPoolExecutor(40) as pool:
        tries = [pool.submit(failed_login, site, "an", WRONG, f"10.6.0.{n}") for n in range(40)]
        while sum(one.done() for one in tries) < 38:
            gate.wait(0.01)
        told = [one for one in tries if one.done()]
        gate.set()
        codes = [one.result(timeout=20).code for one in tries]
    assert len(told) == 38 and codes.count(AuthCode.BUSY) == 38 and slow.most == 1
    assert len(denial_causes(store)) == 2  # what was not looked at is no failure


def test_one_address_takes_one_slot() -> None:
    places = HashingSlots(seconds=0.02)
    with places.acquire(HOME):
        with denied(AuthCode.BUSY), places.acquire(HOME):
            pass
        with places.acquire(AWAY), places.acquire("10.0.0.3"), pytest.raises(AuthError), places.acquire("10.0.0.4"):
            pass
    with places.acquire(HOME):
        pass


def test_one_ipv6_network_takes_one_slot() -> None:
    """Who has a network of 64 bits has as many addresses as they like; it is known as a whole, too."""
    asked = list[str]()

    def known(whose: str) -> bool:
        asked.append(whose)
        return True

    places = HashingSlots(known, seconds=0.02)
    with places.acquire("2001:db8:0:7::1"):
        with denied(AuthCode.BUSY), places.acquire("2001:db8:0:7:ffff::2"):
            pass
        with places.acquire("2001:db8:0:8::1"):
            pass
    assert set(asked) == {"2001:db8:0:7::/64", "2001:db8:0:8::/64"} and not places._active


def test_queue_is_fifo_and_the_last_slot_is_for_known_networks() -> None:
    places, order, gate = (
        HashingSlots(lambda address: address.startswith("10."), seconds=20),
        list[str](),
        threading.Event(),
    )

    def enter(address: str) -> None:
        with places.acquire(address):
            order.append(address)
            gate.wait(20)

    def waiting(n: int) -> None:
        while len(places._queue) + len(places._active) < n:
            gate.wait(0.005)

    with ThreadPoolExecutor(8) as pool:
        some = []
        for n, address in enumerate(("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "10.0.0.1", "10.0.0.2"), 1):
            some.append(pool.submit(enter, address))
            waiting(n)
        for address in ("192.0.2.5", "192.0.2.3"):  # the queue is full for strangers, and nobody stands in it twice
            with denied(AuthCode.BUSY), places.acquire(address):
                pass
        assert order == ["192.0.2.1", "192.0.2.2", "10.0.0.1"]
        gate.set()
        assert [one.result(20) for one in some] == [None] * 6
    assert order.index("192.0.2.3") < order.index("192.0.2.4") and not places._active and not places._queue


def test_flood_from_unknown_networks_locks_no_regular_user_out(store: Store) -> None:
    """Twelve strangers at once, each from an address of its own, for as long as somebody signs in ten times."""
    site, over = Site(store), threading.Event()
    site.add_user()
    site.sign_in()

    def strange(n: int) -> int:
        tries = 0
        while not over.wait(0.02) and tries < 500:
            with pytest.raises(AuthError):
                site.accounts.sign_in(f"x-{n}", WRONG, f"192.0.2.{n}")
            tries += 1
        return tries

    with ThreadPoolExecutor(12) as pool:
        flood = [pool.submit(strange, n) for n in range(12)]
        try:
            for _ in range(10):
                assert site.sign_in()
        finally:
            over.set()
        assert all(one.result(20) for one in flood)
