"""A signal may come at any step of the code that waits for it or repeats it."""

import os
import signal
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ioc.domain.base.stop_event import StopEvent, delaying_signals, exiting_on_sigterm
from tests.architecture.files import FILES

ROOT = Path(__file__).parents[3]
# Sends a signal at the first step of a wait, then of another one at the second step, and so on until a wait has none.
_EACH_STEP = """
import signal, sys
from ioc.domain.base.stop_event import StopEvent

def run(step):
    stop, steps = StopEvent(), 0
    stop.set_on_signals()
    def trace(frame, event, argument):
        nonlocal steps
        steps += 1
        frame.f_trace_opcodes = True
        if steps == step:
            signal.raise_signal(signal.SIGTERM)
        return trace
    sys.settrace(trace)
    stop.wait(0.001)
    stop.set()
    sys.settrace(None)
    return steps >= step, stop.is_set() and stop.wait(0)

step = 1
while True:
    is_sent, is_set = run(step)
    assert is_set, step
    if not is_sent:
        break
    step += 1
print(step)
"""


def test_a_signal_at_any_step_of_waiting_and_setting_stops_and_does_not_hang() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _EACH_STEP], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert int(ended.stdout) > 20


def test_a_signal_ends_a_wait() -> None:
    stop, before = StopEvent(), [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        stop.set_on_signals()
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        assert stop.wait(60)
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])


def test_another_thread_ends_a_wait() -> None:
    stop = StopEvent()
    threading.Timer(0.05, stop.set).start()
    assert not stop.is_set()
    assert stop.wait(60) and stop.is_set()


def test_a_wait_without_a_request_ends_after_its_time() -> None:
    assert not StopEvent().wait(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("change", range(1, 5))
def test_a_signal_between_two_changes_of_handlers_leaves_none_replaced(
    change: int, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers, replace, changes = (signal.SIGTERM, signal.SIGINT), signal.signal, count(1)

    def replace_and_raise(changed: int, handler: Any) -> Any:
        former = replace(changed, handler)
        if next(changes) == change:
            signal.raise_signal(number)
        return former

    given = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        with pytest.raises((SystemExit, KeyboardInterrupt)), exiting_on_sigterm():
            before = [signal.getsignal(each) for each in numbers]
            try:
                with monkeypatch.context() as patched:
                    patched.setattr(signal, "signal", replace_and_raise)
                    with delaying_signals():
                        pass
            finally:
                assert [signal.getsignal(each) for each in numbers] == before
    finally:
        signal.signal(signal.SIGINT, given)


def test_no_other_code_installs_a_signal_handler_but_one_that_does_nothing() -> None:
    """A handler elsewhere may take a lock. The server's handlers do nothing; loops run theirs between their steps.

    Another process ignores signals.
    """
    installers = [path.relative_to(ROOT).as_posix() for path in FILES if "signal.signal(" in path.read_text("utf-8")]
    assert sorted(installers) == [
        "ioc/domain/base/stop_event.py",
        "ioc/web/server/serve.py",
        "ioc/worker/read_file.py",
    ]
