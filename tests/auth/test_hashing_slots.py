"""Hashing slots: the limit of parallel password checks, during floods too."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import Credentials
from ioc.auth.passwords import HashingSlots
from ioc.storage.access import accounts
from ioc.storage.db.store import Store
from tests.auth.site import AWAY, HOME, WRONG, Site, denied, failed_login


class Slow:
    """A hasher that waits for a gate and counts its parallel checks."""

    def __init__(self, argon: PasswordHasher, gate: threading.Event) -> None:
        self.argon, self.gate, self.parallel, self.max_parallel = argon, gate, 0, 0

    def hash(self, password: str) -> str:
        return self.argon.hash(password)

    def verify(self, stored_hash: str, password: str) -> bool:
        self.parallel += 1
        self.max_parallel = max(self.max_parallel, self.parallel)
        self.gate.wait(20)
        self.parallel -= 1
        return self.argon.verify(stored_hash, password)


def test_flood_of_logins_is_answered_busy(store: Store) -> None:
    site = Site(store)
    site.add_user()
    gate = threading.Event()
    slow = Slow(site.hasher._argon, gate)
    vars(site.hasher)["_argon"] = slow
    with ThreadPoolExecutor(40) as pool:
        logins = [pool.submit(failed_login, site, "an", WRONG, f"10.6.0.{n}") for n in range(40)]
        while sum(future.done() for future in logins) < 38:
            gate.wait(0.01)
        answered = [future for future in logins if future.done()]
        gate.set()
        codes = [future.result(timeout=20).code for future in logins]
    assert len(answered) == 38 and codes.count(AuthCode.BUSY) == 38 and slow.max_parallel == 1
    with store.read() as conn:
        account = accounts.get_by_name(conn, "an")
    assert account and account.failed_logins == 2  # an attempt without a password check is no failure


def test_one_address_takes_one_slot() -> None:
    slots = HashingSlots(seconds=0.02)
    with slots.acquire(HOME):
        with denied(AuthCode.BUSY), slots.acquire(HOME):
            pass
        with slots.acquire(AWAY), slots.acquire("10.0.0.3"), pytest.raises(AuthError), slots.acquire("10.0.0.4"):
            pass
    with slots.acquire(HOME):
        pass


def test_one_ipv6_network_takes_one_slot() -> None:
    """A /64 network counts as one address, for the slots and for known networks."""
    checked_networks = list[str]()

    def is_known(network: str) -> bool:
        checked_networks.append(network)
        return True

    slots = HashingSlots(is_known, seconds=0.02)
    with slots.acquire("2001:db8:0:7::1"):
        with denied(AuthCode.BUSY), slots.acquire("2001:db8:0:7:ffff::2"):
            pass
        with slots.acquire("2001:db8:0:8::1"):
            pass
    assert set(checked_networks) == {"2001:db8:0:7::/64", "2001:db8:0:8::/64"} and not slots._active


def test_queue_is_fifo_and_the_last_slot_is_for_known_networks() -> None:
    slots, order, gate = (
        HashingSlots(lambda address: address.startswith("10."), seconds=20),
        list[str](),
        threading.Event(),
    )

    def enter(address: str) -> None:
        with slots.acquire(address):
            order.append(address)
            gate.wait(20)

    def waiting(n: int) -> None:
        while len(slots._queue) + len(slots._active) < n:
            gate.wait(0.005)

    with ThreadPoolExecutor(8) as pool:
        futures = []
        for n, address in enumerate(("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "10.0.0.1", "10.0.0.2"), 1):
            futures.append(pool.submit(enter, address))
            waiting(n)
        for address in ("192.0.2.5", "192.0.2.3"):  # the queue is full for unknown networks, and holds an address once
            with denied(AuthCode.BUSY), slots.acquire(address):
                pass
        assert order == ["192.0.2.1", "192.0.2.2", "10.0.0.1"]
        gate.set()
        assert [future.result(20) for future in futures] == [None] * 6
    assert order.index("192.0.2.3") < order.index("192.0.2.4") and not slots._active and not slots._queue


def test_flood_from_unknown_networks_locks_no_regular_user_out(store: Store) -> None:
    """Twelve unknown addresses try to sign in while a user signs in ten times."""
    site, finished = Site(store), threading.Event()
    site.add_user()
    site.sign_in()

    def guess(n: int) -> int:
        tries = 0
        while not finished.wait(0.02) and tries < 500:
            with pytest.raises(AuthError):
                site.auth.login.sign_in(Credentials(f"x-{n}", WRONG), f"192.0.2.{n}")
            tries += 1
        return tries

    with ThreadPoolExecutor(12) as pool:
        flood = [pool.submit(guess, n) for n in range(12)]
        try:
            for _ in range(10):
                assert site.sign_in()
        finally:
            finished.set()
        assert all(future.result(20) for future in flood)
