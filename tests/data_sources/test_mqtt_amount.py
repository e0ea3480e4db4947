"""How much one poll makes of what a gateway sends, however small each part of it is."""

from datetime import timedelta
from typing import Any

import pytest

from data_sources import mqtt
from data_sources._mapping import MAX_ITEMS
from data_sources.mqtt import message_buffer, sparkplug
from data_sources.mqtt.errors import MqttCode
from data_sources.mqtt.message_buffer import MessageBuffer, MqttMessage
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.test_mqtt_sparkplug import OPTIONS, kind, metric, name, payload, real, sent

NAMELESS = b"\x12\x00"


def read(*messages: MqttMessage, **options: Any) -> Batch:
    return mqtt.parse(row("mqtt", OPTIONS | options), Payload(messages), NOW)


def test_metrics_beyond_the_limit_of_a_message_are_left_out_and_counted() -> None:
    found = codes(read(sent("NDATA", NAMELESS * (MAX_ITEMS + 5_000))))
    assert len(found) == MAX_ITEMS + 1 and found[0] == MqttCode.ALIAS_WITHOUT_BIRTH
    assert found[-1] == IngestCode.ITEMS_LEFT_OUT


def test_rejected_items_of_all_messages_of_a_poll_have_one_limit() -> None:
    found = codes(read(*[sent("NDATA", NAMELESS * 3_000)] * 20))
    assert len(found) == MAX_ITEMS + 1 and found[-1] == IngestCode.ITEMS_LEFT_OUT


def test_records_beyond_the_limit_are_left_out_in_senml_too() -> None:
    body = b"[" + b",".join([b'{"n":"a"}'] * (MAX_ITEMS + 1)) + b"]"
    options = {"topics": ["a/#"], "format": "senml", "series": "{name}"}
    batch = mqtt.parse(row("mqtt", options), Payload((MqttMessage(body, address="a/b", received_at=NOW),)), NOW)
    assert len(batch.rejected_items) == MAX_ITEMS + 1
    assert codes(batch)[-1] == IngestCode.ITEMS_LEFT_OUT


def test_death_that_follows_a_death_says_nothing_new() -> None:
    birth = sent("NBIRTH", payload(*(metric(name(f"m{n}"), kind(10), real(n)) for n in range(50))))
    deaths = [sent("NDEATH", b"", received_at=NOW + timedelta(seconds=n)) for n in range(1, 40)]
    names = sparkplug.MetricNames()
    assert [len(list(names.records(each))) for each in (birth, *deaths)] == [50, 50, *[0] * 38]
    assert [len(list(names.records(each))) for each in (birth, *deaths[:2])] == [50, 50, 0]


def test_poll_takes_as_many_bytes_as_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_buffer, "MAX_TAKEN_BYTES", 100)
    buffer = MessageBuffer()
    for size in (60, 40, 1, 100, 101):
        buffer.put(MqttMessage(b"x" * size, address="a", received_at=NOW))
    assert [[len(each.body) for each in buffer.take(9)[0]] for _ in range(4)] == [[60, 40], [1], [100], [101]]
    assert buffer.take(9) == ([], 0, 0)


@pytest.mark.parametrize("group_and_node", ["can-tho/+", "#/tram", "can-tho/tram\0"])
def test_no_birth_is_asked_for_under_a_name_that_no_topic_has(
    group_and_node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    class Entry:
        """A listener of which only what is published is looked at."""

        listener = liveness = None

        def __init__(self) -> None:
            self.listener = self.liveness = self

        def nodes_without_birth(self, *_: object) -> list[str]:
            return [group_and_node, "can-tho/tram-1"]

        def publish(self, topic: str, _body: bytes) -> None:
            asked.append(topic)

    mqtt._request_rebirths(Entry(), [], NOW)  # type: ignore[arg-type]
    assert asked == ["spBv1.0/can-tho/NCMD/tram-1"]
