"""Places at costly work: one of an owner, a bounded queue, the order of arrival."""

from concurrent.futures import Future, ThreadPoolExecutor
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
        while len(places._claims) < 2:
            sleep(0.01)
        third = pool.submit(take, "c")
        while len(places._claims) < 3:
            sleep(0.01)
        with pytest.raises(NoPlaceError), places.take("d", 60):
            raise AssertionError
        may_end.set()
        for work in (first, second, third):
            work.result(60)
    assert order == ["a", "b", "c"]


def test_a_second_one_of_an_owner_waits_for_the_first_and_keeps_nobody_out() -> None:
    places, at_work = Places(2, waiting=2), list[str]()
    may_end = Event()

    def take(owner: str) -> None:
        with places.take(owner, 60):
            at_work.append(owner)
            assert may_end.wait(60)

    with ThreadPoolExecutor(3) as pool:
        works = list[Future[None]]()
        for count, owner in enumerate(("a", "a", "b"), 1):
            works.append(pool.submit(take, owner))
            while len(places._claims) < count:
                sleep(0.01)
        while len(at_work) < 2:
            sleep(0.01)
        assert at_work == ["a", "b"]
        for owner in ("a", "b"):  # a third one; a second one where somebody else could not wait any more
            with pytest.raises(NoPlaceError), places.take(owner, 60):
                raise AssertionError
        may_end.set()
        for work in works:
            work.result(60)
    assert at_work == ["a", "b", "a"]
