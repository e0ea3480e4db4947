"""What is remembered of gateways over the polls: bounded, and undone for the cost of the changes."""

from dataclasses import replace
from itertools import chain, count

import pytest

from data_sources.mqtt import Options, liveness
from data_sources.mqtt.liveness import GatewayLiveness
from data_sources.mqtt.message_buffer import MqttMessage, message_size
from data_sources.mqtt.sparkplug import session_numbers
from tests.data_sources.test_mqtt_sparkplug import BIRTH, DATA, DEATH, DEVICE, OPTIONS, sent

WILL = {
    "topics": ["a"],
    "series": "s",
    "value": "v",
    "will": {"topic": "gw/+", "offline": ["off"], "series": ["{mqtt.levels[1]}-*"]},
}
DAY = 86_400.0


def sparkplug_liveness() -> GatewayLiveness:
    return GatewayLiveness(Options.model_validate({**OPTIONS, "rebirth": True}))


def receive(gateways: GatewayLiveness, *messages: MqttMessage) -> list[MqttMessage]:
    return [*chain.from_iterable(gateways.relevant_parts(list(messages), session_numbers(list(messages))))]


def known_births(gateways: GatewayLiveness, nodes: int) -> int:
    """How many of the nodes n0, n1, … have a birth that is remembered."""
    data = [sent("NDATA", DATA.body, node=f"n{n}") for n in range(nodes)]
    return nodes - len(gateways.nodes_without_birth(data, DAY))


def test_many_messages_are_tracked_in_parts_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    births = [sent("NBIRTH", BIRTH.body, node=f"n{n}") for n in range(95)]
    messages = [*births, *(sent("NDATA", DATA.body, node=f"n{n}") for n in range(95))]
    whole = sparkplug_liveness()
    monkeypatch.setattr(liveness, "_PART_SIZE", 10_000)
    expected = [receive(whole, *births), receive(whole, *messages)]
    monkeypatch.setattr(liveness, "_PART_SIZE", 10)
    gateways = sparkplug_liveness()
    assert [receive(gateways, *births), receive(gateways, *messages)] == expected
    parts = [*gateways.relevant_parts(messages, session_numbers(messages))]
    assert max(map(len, parts)) == 10 and len(parts) >= 47  # of 190 messages twice, and of 95 births


@pytest.mark.parametrize("limit", ["_MAX_BIRTHS", "_MAX_BIRTH_BYTES"])
def test_births_without_a_body_are_bounded(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    birth = sent("NBIRTH", b"", node="n1")
    monkeypatch.setattr(liveness, limit, 10 if limit == "_MAX_BIRTHS" else 10 * message_size(birth))
    gateways = sparkplug_liveness()
    receive(gateways, *(sent("NBIRTH", b"", node=f"n{n}") for n in range(50)))
    assert 5 <= known_births(gateways, 50) <= 10


def test_births_of_devices_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "_MAX_BIRTHS", 10)
    gateways = sparkplug_liveness()
    receive(gateways, *(sent("DBIRTH", b"", device=f"d{n}") for n in range(55)))
    assert len([message for message in receive(gateways, DATA) if message.role == "birth"]) <= 10


def test_a_node_that_sends_keeps_its_birth_among_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "_MAX_BIRTHS", 10)
    gateways = sparkplug_liveness()
    receive(gateways, BIRTH)
    for n in range(50):
        receive(gateways, sent("NBIRTH", b"", node=f"n{n}"), DATA)
    assert receive(gateways, DATA)[0].role == "birth"


@pytest.mark.parametrize("is_online", [True, False])
def test_gateways_beyond_the_limit_do_not_change_whether_some_are_online(
    is_online: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(liveness, "_MAX_GATEWAYS", 10)
    gateways = GatewayLiveness(Options.model_validate(WILL))
    receive(gateways, MqttMessage(b"on" if is_online else b"off", address="gw/a", received_at=BIRTH.received_at))
    for n in range(50):
        receive(gateways, MqttMessage(b"off", address=f"gw/{n}", received_at=BIRTH.received_at))
    assert bool(gateways.offline_gateway()) is not is_online


def test_source_whose_messages_go_on_is_not_offline_by_a_will() -> None:
    """Gateways that never say that they are online, or come back without saying so."""
    gateways, at = GatewayLiveness(Options.model_validate(WILL)), BIRTH.received_at
    will, data = MqttMessage(b"off", address="gw/a", received_at=at), MqttMessage(b"1", address="a", received_at=at)
    receive(gateways, data, will)
    assert gateways.offline_gateway() == "gw/a"
    receive(gateways, replace(data, is_retained=True))
    assert gateways.offline_gateway() == "gw/a"
    gateways.keep_changes()
    receive(gateways, data, replace(will, is_retained=True))  # once more, after a connection
    assert gateways.offline_gateway() == ""
    gateways.undo_changes()
    assert gateways.offline_gateway() == "gw/a"
    for gateway in ("gw/b", "gw/a"):  # another one dies, and the first a second time
        roles = [message.role for message in receive(gateways, data, replace(will, address=gateway))]
        assert (roles, gateways.offline_gateway()) == (["", "gone"], "gw/a")


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_gateways_that_die_a_second_time_together_have_all_gone(order: str) -> None:
    gateways, at = GatewayLiveness(Options.model_validate(WILL)), BIRTH.received_at
    data = MqttMessage(b"1", address="a", received_at=at)
    wills = [MqttMessage(b"off", address=f"gw/{name}", received_at=at) for name in order]
    roles = [message.role for message in receive(gateways, data, wills[0], data, *wills, data, *wills, *wills)]
    assert roles == ["", "gone", "", "gone", "gone", "", "gone", "gone"]


def test_requests_of_rebirths_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "_MAX_GATEWAYS", 10)
    gateways, seconds = sparkplug_liveness(), count(1)
    for n in range(50):
        assert gateways.nodes_without_birth([sent("NDATA", b"", node=f"n{n}")], next(seconds))
    assert gateways.nodes_without_birth([sent("NDATA", b"", node="n49")], next(seconds)) == []
    assert gateways.nodes_without_birth([sent("NDATA", b"", node="n0")], next(seconds)) != []


def test_messages_that_could_not_be_read_are_undone() -> None:
    gateways = sparkplug_liveness()
    receive(gateways, BIRTH, DEVICE)
    gateways.keep_changes()
    receive(gateways, sent("NBIRTH", b""), DEATH, sent("NDEATH", b""), sent("NBIRTH", b"", node="n0"))
    assert gateways.offline_gateway() == "" and known_births(gateways, 1) == 1
    gateways.undo_changes()
    births = [message.body for message in receive(gateways, DATA) if message.role == "birth"]
    assert sorted(births) == sorted([BIRTH.body, DEVICE.body])
    assert known_births(gateways, 1) == 0
