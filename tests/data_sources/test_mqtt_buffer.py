"""MQTT without a server: topic filters, the message buffer, acknowledgements, last wills."""

import socket
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources.mqtt import Options
from data_sources.mqtt.absence import Absence
from data_sources.mqtt.acks import AckTracker, SettledOrder
from data_sources.mqtt.buffered_socket import BufferedSocket
from data_sources.mqtt.connection import ConnectionSettings
from data_sources.mqtt.listener import ListeningProcess, TopicListener
from data_sources.mqtt.liveness import GatewayLiveness
from data_sources.mqtt.message_buffer import MessageBuffer
from data_sources.mqtt.topics import matches
from ioc.domain.base.clock_set_back import FollowingClock
from ioc.domain.base.times import Clock
from tests.data_sources.server import NOW
from tests.data_sources.test_mqtt import JSON, message


def new_listener(deadline: float, clock: Clock = lambda: NOW) -> TopicListener:
    """A listener that is not started."""
    settings = ConnectionSettings(
        "127.0.0.1", 1, None, "", "", "c", ("t",), "", 1, "5", True, 8, 1.0, lambda host, _: [host]
    )
    absence = Absence(timedelta(minutes=10), None)
    process = ListeningProcess(clock, FollowingClock(clock))
    return TopicListener(settings, process, absence, idle_timeout=1.0, deadline=deadline)


@pytest.mark.parametrize(("pattern", "topic", "expected"), [
    ("a/b", "a/b", True), ("a/+", "a/b", True), ("a/+", "a", False), ("a/+", "a/b/c", False), ("a/#", "a", True),
    ("a/#", "a/b/c", True), ("#", "a/b", True), ("#", "$SYS/x", False), ("+/x", "$SYS/x", False),
    ("a/+/c", "a//c", True), ("$SYS/#", "$SYS/x", True), ("a/#", "ab", False),
])  # fmt: skip
def test_a_filter_matches_as_specified(pattern: str, topic: str, expected: bool) -> None:
    assert matches(pattern, topic) is expected


def test_a_full_buffer_drops_its_oldest_messages_and_counts_them() -> None:
    buffer = MessageBuffer(limit=10 * (400 + 1 + 1))
    numbers = [buffer.put(message(b"x", "t")) for _ in range(25)]
    assert numbers == list(range(1, 26)) and len(buffer) == 10
    buffer.count_dropped()
    taken, dropped, last = buffer.take(4)
    assert (len(taken), dropped, last) == (4, 16, 19)
    buffer.put_back()
    assert buffer.take(3) == (taken[:1] * 3, 16, 18)  # no poll has counted them yet
    assert buffer.take(20) == (taken[:1] * 7, 0, 25)


def test_batch_is_halved_when_it_was_late_and_then_as_large_as_the_measured_rate_allows() -> None:
    listener = new_listener(deadline=0.4)
    for _ in range(6_000):
        listener._store("t", b"1", is_retained=False)
    assert len(listener.take().messages) == 2_000  # of 5,000 in a second
    assert listener.retry_smaller()
    sizes = list[int]()
    for seconds in (0.1, 0.4, 0.01, 0.4):
        taken = listener.take()
        taken.on_committed()
        sizes.append(len(taken.messages))
        listener.confirm_read(seconds)
    # 10,000 and 6,000 messages a second, for 60 % of 0.4 s; the last are what is left.
    assert sizes == [1_000, 2_400, 1_440, 1_160]
    for _ in range(6_000):
        listener._store("t", b"1", is_retained=False)
    listener.confirm_read(0.4)  # fewer than the limit: they say nothing about a full batch
    assert len(listener.take().messages) == 6_000


def test_messages_are_acknowledged_in_order_once_they_are_committed() -> None:
    acks = AckTracker()
    for number in range(1, 6):
        acks.add(number, 100 + number, number)
    assert acks.due_acks(None) == acks.due_acks(0) == []
    assert acks.due_acks(4) == [101, 102, 103, 104] and len(acks) == 1
    acks.connection_lost()
    assert acks.is_duplicate(105, 5) and not acks.is_duplicate(105, 6) and not acks.is_duplicate(9, 0)
    assert acks.due_acks(4) == [] and acks.due_acks(5) == [105]
    acks.reset()
    assert not acks.is_duplicate(105, 5)


def test_a_last_will_counts_once_until_the_gateway_is_back() -> None:
    liveness = GatewayLiveness(Options.model_validate({**JSON, "will": {"topic": "w", "offline": ["off"]}}))
    assert liveness.offline_gateway() == ""
    ((will,),) = liveness.relevant_parts([message(" off\n", "w"), message("off", "w")], {})
    assert (will.role, will.address, liveness.offline_gateway()) == ("gone", "w", "w")
    ((value,),) = liveness.relevant_parts([message("on", "w"), message("1", "a")], {})
    assert value.address == "a"
    assert liveness.offline_gateway() == ""


def test_no_more_are_taken_while_three_batches_wait_for_the_store() -> None:
    listener = new_listener(deadline=0.1)
    for _ in range(3_000):
        listener._store("t", b"1", is_retained=False)
    taken = [listener.take() for _ in range(4)]
    assert [len(one.messages) for one in taken] == [500, 500, 500, 0]
    assert [one.has_more for one in taken] == [True, True, False, False]
    assert listener._settled.number is None
    taken[1].on_committed()
    assert listener._settled.number == 0
    taken[0].on_committed()
    assert listener._settled.number == 1_000
    assert len(listener.take().messages) == 500


def test_batch_that_is_given_up_confirms_none_before_it() -> None:
    """A poll of messages that cannot be read, or one without a connection, while the store could not be written."""
    listener = new_listener(deadline=0.1)
    listener._store("t", b"1", is_retained=False)
    waiting = listener.take()
    listener._store("t", b"?", is_retained=False)
    listener.take()
    assert listener.retry_smaller()
    listener.take()
    assert not listener.retry_smaller()
    listener.take()
    assert not listener.retry_smaller()  # of no message
    assert listener._settled.number == 0
    waiting.on_committed()
    assert listener._settled.number == 2


@given(st.lists(st.sampled_from(["take", "commit", "undo", "give up", "nothing"])), st.randoms())
def test_messages_up_to_the_first_that_is_not_settled_may_be_acknowledged(steps: list[str], random: Random) -> None:
    order, ends, settled, functions = SettledOrder(), list[int](), set[int](), dict[int, Callable[[], None]]()
    newest = 0
    for step in steps:
        if step == "take":
            ends.append(newest := ends[-1] + 3 if ends else 3)
            functions[newest] = order.begin(newest)
        elif step == "nothing":
            order.begin(newest := 0)()
        elif step == "commit" and ends:
            settled.add(end := random.choice(ends))
            functions[end]()
        elif step == "undo" and newest and newest not in settled:
            order.undo()
            ends.pop()
            newest = 0
        elif step == "give up" and newest:
            order.give_up()
            settled.add(newest)
        waiting = [end for end in ends if end not in settled]
        assert (order.number or 0) == (waiting[0] - 3 if waiting else max(ends, default=0))
        assert len(order) == len([end for end in ends if end > (order.number or 0)])


def test_messages_that_cannot_be_read_are_given_up_and_may_then_be_acknowledged() -> None:
    listener = new_listener(deadline=0.1)
    listener._store("t", b"1", is_retained=False)
    listener.take()
    assert listener.retry_smaller() and listener._settled.number is None
    listener.take()
    assert not listener.retry_smaller() and listener._settled.number == 1


def test_server_that_reads_nothing_does_not_fill_the_memory() -> None:
    """It sends messages, each of which is acknowledged."""
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        buffered = BufferedSocket(near)
        with pytest.raises(OSError):
            for _ in range(100):
                buffered.send(b"a" * 65_536)
                buffered.flush()
        assert not buffered.flush()


@pytest.mark.parametrize("polls", [0, 1])
def test_what_was_received_before_a_step_of_the_clock_is_older_than_what_came_after_it(polls: int) -> None:
    shown = [NOW]
    listener = new_listener(5.0, lambda: shown[0])
    listener._store("t", b"1", False)
    shown[0] = NOW - timedelta(seconds=90)
    for _ in range(polls):  # it notices the step first
        listener.take()
        listener.put_back()
    listener._store("t", b"2", False)
    shown[0] += timedelta(seconds=30)
    first, second = listener.take().messages
    assert second.received_at == NOW - timedelta(seconds=90)
    assert NOW - timedelta(seconds=91) < first.received_at <= second.received_at


def test_messages_that_are_put_back_move_with_the_clock_once() -> None:
    shown = [NOW]
    listener = new_listener(5.0, lambda: shown[0])
    listener._store("t", b"1", False)
    shown[0] = NOW - timedelta(seconds=90)
    (once,) = listener.take().messages
    listener.put_back()
    (again,) = listener.take().messages
    assert again == once
