"""A thread for want of memory: it is not started, dies before it begins, or begins when nobody waits any more."""

import _thread
from collections.abc import Callable
from typing import Any

import pytest

from ioc.domain.base import own_thread
from ioc.domain.base.own_thread import ThreadStartError, start_in_own_thread
from ioc.net.name_lookup import look_up


def test_the_result_or_the_error_of_the_work_is_given() -> None:
    assert start_in_own_thread(lambda: 5).result(60) == 5
    with pytest.raises(ZeroDivisionError):
        start_in_own_thread(lambda: 1 / 0).result(60)


def test_a_thread_that_dies_before_it_begins_is_not_waited_for_and_does_nothing_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin, done = list[Callable[[], None]](), list[int]()

    def start_dying(run: Callable[..., None], words: tuple[Any, ...]) -> int:
        begin.append(lambda: run(*words))
        return 1

    monkeypatch.setattr(_thread, "start_new_thread", start_dying)
    monkeypatch.setattr(own_thread, "BEGIN_SECONDS", 0.01)
    with pytest.raises(ThreadStartError):
        start_in_own_thread(lambda: done.append(1))
    begin[0]()
    assert done == []


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
def test_where_no_thread_can_be_started_the_next_lookup_of_a_name_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object) -> int:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(_thread, "start_new_thread", refuse)
        with pytest.raises(OSError, match="no thread"):
            look_up("127.0.0.1", 80)
    assert look_up("127.0.0.1", 80).result(60) == ["127.0.0.1"]
