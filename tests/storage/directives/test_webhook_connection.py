"""Messages of a webhook share a connection, and none is lost with it."""

from collections.abc import Iterator

import pytest

from ioc.domain.directives.webhook import Webhook, WebhookCode
from ioc.worker.webhook_post import NotTaken, WebhookClient
from tests.storage.directives.receiver import CUT, OK, Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        opened.keeps_alive = True
        yield opened


@pytest.fixture
def client(receiver: Receiver) -> Iterator[WebhookClient]:
    made = WebhookClient(deadline=30.0)
    yield made
    made.rest(webhook(receiver), 0.0)


def webhook(receiver: Receiver) -> Webhook:
    return Webhook("qlvb", receiver.address, "QLVB_SECRET", may_be_private=True)


def posting(client: WebhookClient, receiver: Receiver, number: int) -> NotTaken | None:
    return client.post(webhook(receiver), {"webhook-id": str(number)}, b"{}")


def ids(receiver: Receiver) -> list[str]:
    return [message.id for message in receiver.got]


@pytest.mark.parametrize("page", [b"", b"ok"])
def test_messages_share_a_connection(client: WebhookClient, receiver: Receiver, page: bytes) -> None:
    receiver.page, receiver.answers = page, [200] * 5
    assert [posting(client, receiver, number) for number in range(5)] == [None] * 5
    assert receiver.connections == [5] and ids(receiver) == list("01234")


def test_refused_message_leaves_the_connection_to_the_next(client: WebhookClient, receiver: Receiver) -> None:
    receiver.answers = [OK, 500, OK]
    results = [posting(client, receiver, number) for number in range(3)]
    assert [each and each.failure.code for each in results] == [None, WebhookCode.REFUSED, None]
    assert receiver.connections == [3]


def test_connection_that_the_receiver_has_closed_loses_no_message(client: WebhookClient, receiver: Receiver) -> None:
    receiver.answers = [OK, CUT, OK]
    assert [posting(client, receiver, number) for number in range(2)] == [None, None]
    assert ids(receiver) == ["0", "1", "1"] and len(receiver.connections) == 2
    receiver.answers = [CUT, CUT]
    failed = posting(client, receiver, 2)
    assert failed and failed.failure.code == WebhookCode.NOT_SENT and ids(receiver)[3:] == ["2", "2"]
    assert posting(client, receiver, 3) is None


def test_long_answer_is_not_waited_for(client: WebhookClient, receiver: Receiver) -> None:
    receiver.page, receiver.answers = bytes(100_000), [200, 200]
    assert [posting(client, receiver, number) for number in range(2)] == [None, None]
    assert receiver.connections == [1, 1]


def test_connection_is_closed_after_a_pause(client: WebhookClient, receiver: Receiver) -> None:
    for number, seconds, connections in ((0, 60.0, [1]), (1, 0.0, [2]), (2, 60.0, [2, 1]), (3, 60.0, [2, 2])):
        assert posting(client, receiver, number) is None and receiver.connections == connections
        client.rest(webhook(receiver), seconds)


def test_answer_that_comes_byte_by_byte_is_not_waited_for(receiver: Receiver) -> None:
    receiver.page, receiver.answers, receiver.drip_seconds = bytes(200), [200, 200], 0.1
    client = WebhookClient(deadline=10.0)
    assert [posting(client, receiver, number) for number in range(2)] == [None, None]
    assert receiver.connections == [1, 1]


def test_cookies_of_a_receiver_are_not_sent_back(client: WebhookClient, receiver: Receiver) -> None:
    receiver.more_headers = {"Set-Cookie": "a=" + "v" * 3000}
    assert [posting(client, receiver, number) for number in range(3)] == [None] * 3
    assert [message.headers.get("cookie") for message in receiver.got] == [None] * 3
