"""Webhooks: a system gets the acts that it may see, in order and at least once, whatever its receiver does."""

import base64
import hashlib
import hmac
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from data_sources._http.errors import HttpCode
from ioc.directives.queries import events_after
from ioc.domain.access.principal import Principal, Scope
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, ReminderChannel
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.webhook import FIRST_PAUSE, LONGEST_PAUSE, Webhook, WebhookCode, WebhookState
from ioc.domain.ingest.errors import IngestCode
from ioc.storage.db import change_counter
from ioc.storage.directives import positions, webhooks
from ioc.web.api.serializers.act_events import act_event, act_message
from ioc.worker.webhook_delivery import Delivery, WebhookSender, sending
from ioc.worker.webhook_post import NotTaken, WebhookClient
from simulator.free_ports import free_port
from tests.storage.directives.cases import make_document
from tests.storage.directives.harness import DAY, SYSTEM, Harness
from tests.storage.directives.receiver import CUT, OK, SLOW, Receiver, receiving

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
SECONDS = timedelta(seconds=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


class Line:
    """A city that tells `receiver`; `principal` and `secret` as they are now."""

    def __init__(self, city: Harness, receiver: Receiver) -> None:
        self.city, self.principal, self.secret = city, SYSTEM, SECRET
        self.webhook = Webhook("qlvb", receiver.address, "QLVB_SECRET", may_be_private=True)
        self.post: Callable[..., NotTaken | None] = WebhookClient(deadline=30.0).post
        self.seconds: Iterator[float] = itertools.repeat(0.0)  # what the monotonic clock shows next
        self.sender = self.new_sender("first")
        self.sender.deliver()  # from here on

    def delivery(self, name: str) -> Delivery:
        def principal_of(key: str) -> Principal | None:
            return self.principal if self.principal.name == key else None

        return Delivery(
            self.city.context, principal_of, lambda _name: self.secret, act_message,
            lambda *message: self.post(*message), name,
            lambda: next(self.seconds),
        )  # fmt: skip

    def new_sender(self, name: str) -> WebhookSender:
        return WebhookSender(self.webhook, self.delivery(name))

    @property
    def state(self) -> WebhookState:
        with self.city.store.read() as conn:
            return webhooks.states(conn, ["qlvb"])["qlvb"]

    @property
    def code(self) -> str:
        failure = self.state.failure
        cause = failure.params.get("cause") if failure else None
        return getattr(cause, "code", "") or (failure.code if failure else "")


@pytest.fixture
def line(city: Harness, receiver: Receiver) -> Line:
    return Line(city, receiver)


def work(city: Harness, count: int = 1) -> list[int]:
    """The numbers of new acts."""
    city.act("gd-c", Act.RECEIVE)
    return [city.act("gd-c", Act.REPORT, text=str(n)).event.id for n in range(count)]


def test_acts_come_in_order_signed_as_the_api_gives_them(line: Line, receiver: Receiver) -> None:
    assert line.state == WebhookState(3) and not receiver.got  # what was before is read by the API
    line.city.now += 90 * SECONDS
    work(line.city, 3)
    assert line.sender.deliver() and receiver.acts() == [4, 5, 6, 7]
    page = events_after(line.city.context, 3, 100, SYSTEM)
    for message, item in zip(receiver.got, page.events, strict=True):
        body = orjson.loads(message.body)
        assert body["data"] == orjson.loads(act_event(item).model_dump_json()) and body["type"] == "directive.act"
        seconds, (version, signature) = (
            message.headers["webhook-timestamp"],
            message.headers["webhook-signature"].split(","),
        )
        signed = f"{message.id}.{seconds}.".encode() + message.body
        assert (version, int(seconds)) == ("v1", int(line.city.now.timestamp()))
        assert base64.b64decode(signature) == hmac.new(KEY, signed, hashlib.sha256).digest()
    assert len({message.id for message in receiver.got}) == 4
    assert line.state == WebhookState(7, 7, line.city.now)
    assert not line.sender.deliver() and len(receiver.got) == 4


def test_system_is_not_told_of_what_the_api_hides_from_it(line: Line, receiver: Receiver) -> None:
    hidden = make_document(key="an", number="2/MP")
    line.city.enter(replace(hidden, visibility=Visibility.AGENCIES_CONCERNED.value), assign=True)
    line.sender.deliver()
    assert receiver.got == [] and line.state.cursor == 6
    work(line.city)
    line.sender.deliver()
    page = events_after(line.city.context, 0, 100, SYSTEM)
    assert receiver.acts() == [7, 8] == [item.event.id for item in page.events if item.event.id > 6]


def test_act_that_was_not_taken_is_sent_again_before_those_behind_it(line: Line, receiver: Receiver) -> None:
    line.city.act("gd-c", Act.RECEIVE)
    line.sender.deliver()
    with receiving() as elsewhere:
        receiver.more_headers = {"Location": elsewhere.address}
        for answer, code in (
            (500, WebhookCode.REFUSED), (410, WebhookCode.REFUSED), (302, WebhookCode.REDIRECTED),
            (304, WebhookCode.REDIRECTED), (CUT, WebhookCode.CONNECTION_CLOSED), (SLOW, WebhookCode.TOO_SLOW),
        ):  # fmt: skip
            line.post = WebhookClient(deadline=1.0 if answer == SLOW else 30.0).post
            receiver.got.clear()
            receiver.release.clear()
            receiver.answers = [OK, answer]
            first, second, third = (line.city.act("gd-c", Act.REPORT, text=f"{answer}/{n}").event.id for n in range(3))
            line.sender.deliver()
            assert receiver.acts() == [first, second]
            state = line.state
            assert (state.cursor, state.sent, state.failures) == (first, first, 1)
            assert (state.failing_since, line.code) == (line.city.now, code)
            receiver.release.set()
            line.post = WebhookClient(deadline=30.0).post
            assert not line.sender.deliver() and len(receiver.got) == 2  # not before the pause
            line.city.now += FIRST_PAUSE
            line.sender.deliver()
            assert receiver.acts() == [first, second, second, third]
            assert receiver.got[1].id == receiver.got[2].id
            assert line.state == WebhookState(third, third, line.city.now)
        assert not elsewhere.got


@pytest.mark.parametrize(
    ("page", "encoding"), [(b"<p>" + bytes(100_000), "identity"), (b"no gzip", "gzip"), (b"ok", "identity")]
)
def test_status_alone_says_whether_an_act_was_taken(line: Line, receiver: Receiver, page: bytes, encoding: str) -> None:
    receiver.page, receiver.more_headers = page, {"Content-Encoding": encoding}
    work(line.city)
    for count, status in enumerate((500, 401, 410, 503), start=1):
        receiver.answers = [status]
        line.sender.deliver()
        state = line.state
        assert (state.cursor, state.failures, line.code) == (3, count, WebhookCode.REFUSED)
        assert state.failure and state.failure.params == {"status": status}
        line.city.now += LONGEST_PAUSE
    receiver.answers = [200, 201]
    line.sender.deliver()
    assert line.state == WebhookState(5, 5, line.city.now) and receiver.acts() == [4] * 5 + [5]


def test_receiver_that_is_down_is_tried_after_growing_pauses_up_to_a_bound(line: Line) -> None:
    line.webhook = replace(line.webhook, address=f"http://127.0.0.1:{free_port()}/")
    sender, pauses = line.new_sender("first"), list[timedelta]()
    work(line.city)
    for _ in range(12):
        sender.deliver()
        state = line.state
        assert state.retry_at is not None and state.cursor == 3
        pauses.append(state.retry_at - line.city.now)
        line.city.now = state.retry_at
    assert pauses == [min(FIRST_PAUSE * 2**n, LONGEST_PAUSE) for n in range(12)]
    line.city.now += 5 * DAY
    sender.deliver()
    assert line.state.wait(line.city.now) == DAY
    assert line.state.wait(line.city.now - 100 * DAY) == DAY  # a clock that was set back


def test_receiver_that_asks_for_time_gets_it(line: Line, receiver: Receiver) -> None:
    receiver.answers, receiver.more_headers = [429, 503], {"Retry-After": "120"}
    work(line.city)
    line.sender.deliver()
    assert line.state.wait(line.city.now) == 120 * SECONDS
    line.city.now += 120 * SECONDS
    receiver.more_headers = {"Retry-After": "999999"}
    line.sender.deliver()
    assert line.state.wait(line.city.now) == LONGEST_PAUSE


def test_new_process_goes_on_where_the_last_one_was_and_tries_at_once(line: Line, receiver: Receiver) -> None:
    receiver.answers = [OK, 500]
    work(line.city, 2)
    line.sender.deliver()
    line.new_sender("second").deliver()
    assert receiver.acts() == [4, 5, 5, 6]


def test_two_processes_send_each_act_once(line: Line, receiver: Receiver) -> None:
    receiver.answers = [SLOW]
    work(line.city, 2)
    thread = threading.Thread(target=line.sender.deliver)
    thread.start()
    receiver.arrived.get(timeout=60)
    line.city.act("cv", Act.REMIND, channel=ReminderChannel.SYSTEM)  # nobody who writes waits for a receiver
    assert not line.new_sender("second").deliver() and receiver.acts() == [4]
    receiver.release.set()
    thread.join(60)
    assert line.state.failures == 1
    line.city.now += FIRST_PAUSE
    second = line.new_sender("second")
    second.deliver()
    line.sender.deliver()
    assert receiver.acts() == [4, 4, 5, 6, 7]


def test_process_that_dies_before_it_notes_an_answer_sends_the_same_ids_again(
    line: Line, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(line.city)
    with monkeypatch.context() as killed:
        killed.setattr(webhooks, "put_state", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            line.sender.deliver()
    other = line.new_sender("other")
    assert not other.deliver() and receiver.acts() == [4, 5]  # the dead one still has its turn
    line.city.now += webhooks.TURN
    other.deliver()
    assert receiver.acts() == [4, 5, 4, 5] and len({message.id for message in receiver.got}) == 2


def test_turn_is_of_one_process_until_it_ends_or_is_over(line: Line) -> None:
    work(line.city)
    with line.city.store.write() as conn:
        assert webhooks.take_turn(conn, "qlvb", "first", line.city.now)
        late = line.city.now + webhooks.TURN
        for seconds in (0, 44, 44 + 60):  # the last by a clock ahead
            assert webhooks.take_turn(conn, "qlvb", "second", line.city.now + seconds * SECONDS) is None
        assert webhooks.take_turn(conn, "qlvb", "second", late) == WebhookState(3)
        assert not webhooks.put_state(conn, "qlvb", "first", WebhookState(9))
        assert webhooks.put_state(conn, "qlvb", "second", WebhookState(4))
        assert webhooks.take_turn(conn, "qlvb", "first", late) == WebhookState(4)


def test_process_that_lost_its_turn_sends_no_more_and_changes_nothing(line: Line, receiver: Receiver) -> None:
    first, send = work(line.city, 3)[0] - 1, line.post

    def post_as_the_turn_ends(*message: Any) -> NotTaken | None:
        line.city.now += webhooks.TURN
        with line.city.store.write() as conn:
            assert webhooks.take_turn(conn, "qlvb", "second", line.city.now)
        return send(*message)

    line.post, line.seconds = post_as_the_turn_ends, itertools.count(0.0, 2.0)
    assert not line.sender.deliver() and not line.sender.deliver()
    assert receiver.acts() == [first] and line.state == WebhookState(3)


def test_slow_acts_are_noted_one_by_one(line: Line, receiver: Receiver) -> None:
    reports = work(line.city, 3)
    acts = [reports[0] - 1, *reports]
    line.seconds = itertools.count(0.0, 2.0)
    for act in acts:
        assert line.sender.deliver() and line.state.cursor == act
    line.sender.deliver()
    assert receiver.acts() == acts


@pytest.mark.parametrize("scopes", [frozenset[Scope](), None])
def test_revoked_key_ends_it_with_the_next_message(
    line: Line, receiver: Receiver, scopes: frozenset[Scope] | None
) -> None:
    work(line.city, 3)
    send = line.post

    def post_as_the_key_is_revoked(*message: Any) -> NotTaken | None:
        line.principal = replace(SYSTEM, name="thu-hoi") if scopes is None else replace(SYSTEM, scopes=scopes)
        return send(*message)

    line.post, line.seconds = post_as_the_key_is_revoked, itertools.count(0.0, 2.0)
    while line.sender.deliver():
        pass
    assert receiver.acts() == [4] and line.code == WebhookCode.KEY_MISSING and line.state.cursor == 4


def test_private_address_is_reached_where_the_row_allows_it_alone(line: Line, receiver: Receiver) -> None:
    work(line.city)
    for host in ("127.0.0.1", "0x7f000001", "localhost", "[::ffff:127.0.0.1]"):
        line.webhook = Webhook("qlvb", f"http://{host}:{receiver.port}/", "QLVB_SECRET")
        line.new_sender("first").deliver()
        assert receiver.got == [] and line.code == IngestCode.PRIVATE_ADDRESS


def test_receiver_that_speaks_no_tls_is_told_apart(line: Line, receiver: Receiver) -> None:
    line.webhook = replace(line.webhook, address=receiver.address.replace("http:", "https:"))
    work(line.city)
    line.new_sender("first").deliver()
    assert receiver.got == [] and line.code == HttpCode.TLS_FAILED


def test_system_without_key_position_or_secret_is_told_later_and_says_why(line: Line, receiver: Receiver) -> None:
    def failed() -> str:
        line.new_sender("first").deliver()
        return line.code

    work(line.city)
    line.secret = ""
    assert failed() == IngestCode.SECRET_NOT_SET
    line.secret = "whsec_abc"
    assert failed() == WebhookCode.SECRET_MALFORMED
    line.secret, line.principal = SECRET, replace(SYSTEM, name="thu-hoi")
    assert failed() == WebhookCode.KEY_MISSING
    line.principal = replace(SYSTEM, scopes=frozenset())
    assert failed() == WebhookCode.KEY_MISSING
    line.principal = SYSTEM
    with line.city.store.write() as conn:
        own = positions.load_positions(conn).by_key["qlvb"]
        positions.put_position(conn, replace(own, valid_to=own.valid_from))
    line.city.now += 3 * DAY
    assert failed() == ActCode.POSITION_NOT_VALID and receiver.got == []
    with line.city.store.write() as conn:
        positions.put_position(conn, own)
    assert failed() == "" and receiver.acts() == [4, 5]


def test_pages_are_told_when_it_begins_and_ends_to_fail_alone(line: Line, receiver: Receiver) -> None:
    def version() -> int:
        with line.city.store.read() as conn:
            return change_counter.topic_version(conn, "access").value

    before = version()
    receiver.answers = [OK, 500, 500]
    work(line.city, 2)
    line.sender.deliver()
    assert version() == before + 1
    line.city.now += FIRST_PAUSE
    line.sender.deliver()
    assert version() == before + 1 and line.state.failures == 2
    line.city.now += LONGEST_PAUSE
    line.sender.deliver()
    assert version() == before + 2 and line.state.failure is None


def test_slow_receiver_holds_up_no_other_system(line: Line, receiver: Receiver) -> None:
    own = Webhook("qlvb", receiver.address, "QLVB_SECRET", may_be_private=True)
    receiver.answers = [SLOW]
    with receiving() as quick:
        line.principal = replace(SYSTEM)
        delivery = replace(line.delivery("both"), principal_of=lambda _key: SYSTEM)
        with line.city.store.write() as conn:
            webhooks.begin(conn, "khac", 3)
        work(line.city)
        with sending([own, replace(own, system="khac", address=quick.address)], delivery):
            receiver.arrived.get(timeout=60)
            assert [quick.arrived.get(timeout=60).act for _ in range(2)] == [4, 5]
            receiver.release.set()
