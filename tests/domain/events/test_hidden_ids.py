"""Ids and links of events: one that holds personal data is stored without it, and an id stays one id."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.event import Event
from ioc.domain.events.personal_ids import hide_personal
from ioc.domain.events.pii_masking import mask_key
from ioc.domain.events.validation import validate_events
from tests.domain.events.test_validation import EVENT, NOW

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
PERSONAL = ("0100345678", "Người báo – 0100.345.678", "nguyen@thu.example", "mailto:nguyen@thu.example",
            "tel:+84100345678", "13A-123.45", "https://thu.example/?sdt=0100345678", "000123456789",
            "stk-1903456789012")  # fmt: skip
IMPERSONAL = ("SR-2026-5", "101005420892", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "VB-202611240001", "xe-12",
              "https://bao.example/ngap-nang-20261124063712345.htm", "urn:oid:2.49.0.1.704.0.2026.11.24.1",
              "tag:thu.example,2026:1012345678", "Canh_bao_202611241010", "A1012345678.gio.123456")  # fmt: skip


def admitted(*events: Event, key: bytes = KEY) -> tuple[Event, ...]:
    valid, rejected = validate_events(events, {"report"}, NOW, id_key=key)
    assert not rejected
    return valid


@pytest.mark.parametrize("event_id", PERSONAL)
def test_personal_id_is_hidden_and_stays_one_id(event_id: str) -> None:
    (event,) = admitted(replace(EVENT, key=event_id, shared_id=event_id))
    (update,) = admitted(replace(EVENT, key=event_id, title="khác", replaces=(event_id,)))
    assert event.key == update.key == event.shared_id == update.replaces[0] != event_id
    assert "•••" in event.key and sum(character.isdigit() for character in event.key) <= 2
    assert "thu.example" not in event.key or "?" in event.key
    assert mask_key(event.key, 200) == event.key


@pytest.mark.parametrize("event_id", IMPERSONAL)
def test_other_id_stays(event_id: str) -> None:
    (event,) = admitted(replace(EVENT, key=event_id, shared_id=event_id, replaces=(event_id,)))
    assert (event.key, event.shared_id, event.replaces) == (event_id, event_id, (event_id,))


def test_ids_that_are_masked_alike_stay_apart() -> None:
    first, second = admitted(replace(EVENT, key="0100345678"), replace(EVENT, key="0100345679"))
    assert first.key != second.key


def test_the_digest_cannot_be_computed_without_the_key() -> None:
    assert hide_personal("0100345678", KEY) != hide_personal("0100345678", OTHER_KEY)


@given(st.text(max_size=200))
def test_an_id_fits_its_column_and_is_hidden_once(event_id: str) -> None:
    hidden = hide_personal(f"0100345678 {event_id}".encode(errors="replace").decode()[:200], KEY)
    assert len(hidden) <= 200 and hide_personal(hidden, KEY) == hidden


@pytest.mark.parametrize(
    "link",
    [
        "https://thu.example/?sdt=0100345678",
        "https://thu.example/?q=0100+345+678",
        "https://thu.example/0100345678",
        "https://thu.example/?tu=nguyen%40thu.example",
        "mailto:nguyen@thu.example",
        "tel:+84100345678",
        "https://thu.example/?stk=1903456789012",
    ],
)
def test_link_with_personal_data_is_left_out(link: str) -> None:
    assert admitted(replace(EVENT, link=link))[0].link == ""


@pytest.mark.parametrize(
    "link",
    [
        "https://bao.example/ngap-nang-20261124063712345.htm",
        "https://bao.example/2026/11/24/ngap-4812345.html?id=101005420892",
        "https://bao.example/?tu=1764378000000",
        "https://bao.example/hang-tel-aviv-20241129123456789.htm",
        "https://bao.example/bh-media-1852345678901234567.htm",
        "https://bao.example/@cantho/video/1852345678901234567",
    ],
)
def test_other_link_stays(link: str) -> None:
    assert admitted(replace(EVENT, link=link))[0].link == link
