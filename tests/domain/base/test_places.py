"""Places at costly work: one of an owner, a bounded queue, the order of arrival."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import pytest

from ioc.domain.base.places import NoPlaceError, Places


def test_an_owner_has_one_place_and_gives_it_back() -> None:
    places = Places(2)
    with places.take("a"), places.take("b"):
        for owner in ("a", "c"):
            with pytest.raises(NoPlaceError), places.take(owner):
                raise AssertionError
    with pytest.raises(ValueError, match="x"), places.take("a"):
        raise ValueError("x")
    with places.take("a"):
        pass


def test_who_comes_back_at_once_stands_behind_who_waits() -> None:
    places, order = Places(1, waiting=2), list[str]()
    has_begun, may_end = Event(), Event()

    def take(owner: str) -> None:
        with places.take(owner, 60):
            order.append(owner)
            has_begun.set()
            assert may_end.wait(60)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(take, "a")
        assert has_begun.wait(60)
        second = pool.submit(take, "b")
        while len(places._owners) < 2:
            sleep(0.01)
        third = pool.submit(take, "c")
        while len(places._owners) < 3:
            sleep(0.01)
        with pytest.raises(NoPlaceError), places.take("d", 60):
            raise AssertionError
        may_end.set()
        for work in (first, second, third):
            work.result(60)
    assert order == ["a", "b", "c"]
