"""Recorded answers: what is masked, what is unchanged, and that any page survives serialization."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.cli.errors import CliCode
from ioc.cli.record import (
    SIZE_LIMIT,
    Recording,
    RecordingError,
    build_mask,
    mask_payload,
    parse_recording,
    serialize,
    summarize,
)
from ioc.domain.base.failure import Failure
from ioc.domain.events.event import Event
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem

AT = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
PLAIN = build_mask(lambda text: text.replace("geheim", "<KEY>"), ())


def record_and_read(
    body: bytes, kind: str = "", charset: str = "", binary: bool = False
) -> tuple[list[bytes], list[Failure]]:
    """The pages of `body` after masking, writing and reading, and why a page was left out."""
    payload, left_out = mask_payload(Payload((ResponsePage(body, kind, charset, "x?k=geheim"),)), PLAIN, binary=binary)
    recording = parse_recording(serialize(Recording("a", "http_json", AT, payload, {})))
    assert recording.payload == payload and (recording.source, recording.protocol, recording.at) == (
        "a",
        "http_json",
        AT,
    )
    assert all(page.address == "x?k=<KEY>" for page in recording.payload.pages)
    return [page.body for page in recording.payload.pages], left_out


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"tel": "0912 345 678", "n": 7}', '{"tel": "•••", "n": 7}'),
        ('[{"id":84912345678,"cccd":079}]', '[{"id":0,"cccd":079}]'),
        (
            '{"id": 123456789, "at": 1795511865, "ms": 1795511865123}',
            '{"id": 0, "at": 1795511865, "ms": 1795511865123}',
        ),
        ('{"lon": 105.034567891, "p": [-0.1234567890,10.123456789012]}', None),
        ('{"v": "10.034567891", "t": "05-10-2026 12:00", "u": "2026-11-24T07:00:00.123456789Z"}', None),
        ('{"a": "mail an.nguyen@example.vn, xe 65A-123.45"}', '{"a": "mail •••, xe •••"}'),
        ('{"key": "geheim"}', '{"key": "<KEY>"}'),
        ("id;ngay;gia_tri\n1;05/10/2026 07:30;1.034567891\n", None),
        ("pH\t7.25\t-\t20261124160000\t00\r\n", None),
        ("gọi 84.912345678 hay +84 91 234 56 78", "gọi ••• hay •••"),
        ("<a>\r\n<tel>0292.3812345</tel></a>", "<a>\r\n<tel>•••</tel></a>"),
    ],
)
def test_personal_numbers_are_masked_and_other_values_are_unchanged(text: str, left: str | None) -> None:
    assert record_and_read(text.encode()) == ([(left or text).encode()], [])


SECRET_NAMES = [
    "password", "access_token", "accessToken", "api_key", "apiKey", "X-Api-Key", "client_secret", "db.password",
    "Authorization", "mat_khau", "session_cookie", "subscription-key",
]  # fmt: skip
OTHER_NAMES = [
    "token", "token_count", "monkey", "keyword", "author", "authority", "key", "passwords_total", "secretary",
    "tokenizer", "hotkey_list",
    "station_key", "passage", "cookies_sold", "Things@iot.navigationLink", "value@odata.type",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_value_whose_name_says_that_it_is_secret_is_masked(name: str) -> None:
    assert PLAIN(json.dumps({name: "abc", "a": 1})) == json.dumps({name: "•••", "a": 1}, ensure_ascii=False)
    assert json.loads(PLAIN(json.dumps({"a": {name: 12345}}))) == {"a": {name: 0}}
    assert PLAIN(f"<a><{name}>abc</{name}><b>1</b></a>") == f"<a><{name}>•••</{name}><b>1</b></a>"
    assert PLAIN(f"https://a.example/x?{name}=abc&b=1") == f"https://a.example/x?{name}=•••&b=1"


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_name_that_only_contains_such_a_word_is_not_masked(name: str) -> None:
    for text in (json.dumps({name: "abc"}), json.dumps({name: 12345}), json.dumps([{name: [1, "abc"]}])):
        assert PLAIN(text) == text
    if "@" not in name and name != "token":
        assert PLAIN(f"<a><{name}>abc</{name}></a>") == f"<a><{name}>abc</{name}></a>"
        assert PLAIN(f"https://a.example/x?{name}=abc&b=1") == f"https://a.example/x?{name}=abc&b=1"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("rtsp://admin:p-1@10.0.0.7:554/live", "rtsp://•••@10.0.0.7:554/live"),
        ('{"snapshot": "https://u:p@cam.example/a.jpg"}', '{"snapshot": "https://•••@cam.example/a.jpg"}'),
        ("https://cam.example/@a/b", "https://cam.example/@a/b"),
        ("https://cam.example/a.jpg?token=abc&amp;sig=def", "https://cam.example/a.jpg?token=•••&amp;sig=•••"),
        ('{"frequency": 867300000, "uptimeSeconds": 1, "total_count": 123456789}', None),
        ('{"cmnd": 123456789, "phone": 84912345678}', '{"cmnd": 0, "phone": 0}'),
        ('{"0912345678": 1, "a@b.vn": 2}', '{"•••": 1, "•••": 2}'),
    ],
)  # fmt: skip
def test_credentials_in_addresses_and_personal_keys_are_masked(text: str, left: str | None) -> None:
    assert PLAIN(text) == (left or text)


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("\ufeffsố 0912345678".encode(), ""),
        ("\ufeffsố 0912345678".encode("utf-16-le"), ""),
        ("so 0912345678 mot hai ba bon".encode("utf-16-be"), ""),
        ("độ C 0912345678".encode("cp1258", "ignore"), "cp1258"),
        (b"28\xb0C 0912345678", ""),
        (b"28\xb0C 0912345678", "no-such-charset"),
    ],
)
def test_text_in_other_charsets_is_masked(body: bytes, charset: str) -> None:
    (page,), left_out = record_and_read(body, charset=charset)
    assert not left_out and b"0912345678" not in page.replace(b"\0", b"")
    assert page[:2] == body[:2] and page != body


def test_page_that_is_not_text_is_recorded_only_with_binary() -> None:
    body = b"PK\x03\x04\0\0\xff"
    pages, left_out = record_and_read(body)
    assert not pages and left_out == [Failure(CliCode.PAGE_NOT_TEXT, {"page": 1})]
    assert record_and_read(body, binary=True) == ([body], [])


def test_recording_is_limited_in_size() -> None:
    pages = (ResponsePage(b"a" * (SIZE_LIMIT - 1)), ResponsePage(b"bb"), ResponsePage(b"c"))
    payload, left_out = mask_payload(Payload(pages), PLAIN, binary=False)
    assert [len(page.body) for page in payload.pages] == [SIZE_LIMIT - 1, 1]
    assert left_out == [Failure(CliCode.PAGE_OVER_LIMIT, {"page": 2, "limit_mib": 2})]


def test_personal_values_of_events_are_masked_in_every_form() -> None:
    text = 'Nhà "ông Tư" <bên> sông'
    event = Event("report", "1", AT, "Rác", personal={"text": text, "short": "ừ"})
    mask = build_mask(lambda text: text, [event])
    for form in (json.dumps({"d": text}), json.dumps({"d": text}, ensure_ascii=False)):
        assert json.loads(mask(form)) == {"d": "•••"}
    assert mask("<d>Nhà &quot;ông Tư&quot; &lt;bên&gt; sông</d>") == "<d>•••</d>"
    assert mask('<d>Nhà "ông Tư" &lt;bên&gt; sông, ừ</d>') == "<d>•••, ừ</d>"


def test_summary_is_limited_and_has_no_personal_data() -> None:
    event = Event("report", "1", AT, "Rác", text="lời kể", personal={"phone": "0912345678"})
    failure = Failure(ParseCode.NOT_A_NUMBER, {"text": "cao"})
    batch = Batch((Reading("a", AT, 1.5, "m"),) * 300, (RejectedItem("items[3]", failure, "0912345678"),), (event,))
    summary = summarize(batch)
    assert (summary["accepted"], summary["rejected"], len(summary["readings"])) == (301, 1, 200)
    assert summary["readings"][0] == ["a", AT.isoformat(), 1.5, "m", "good"]
    assert summary["events"] == [["report", "1", "open", "Rác"]] and summary["rejected_items"] == [
        ["items[3]", failure.to_json()]
    ]
    assert "0912345678" not in json.dumps(summary) and "lời kể" not in json.dumps(summary)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"pages": [{"text": 1}]}', b'{"pages": 7}', b"<html>"])
def test_content_that_is_no_recording_is_an_error(body: bytes) -> None:
    with pytest.raises(RecordingError) as caught:
        parse_recording(body)
    assert caught.value.failure == Failure(CliCode.RECORDING_INVALID)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_page_survives_serialization(body: bytes) -> None:
    pages, left_out = record_and_read(body, binary=True)
    assert len(pages) == 1 and not left_out


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('ab0189.-+ @"\\', max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)


@given(st.lists(JSON, max_size=4))
def test_masked_json_keeps_its_structure(document: list[object]) -> None:
    assert structure(json.loads(PLAIN(json.dumps(document)))) == structure(document)


def structure(value: object) -> object:
    """Lists and objects with the type of each leaf; masking may change a number or a text, and so a key."""
    if isinstance(value, list):
        return [structure(inner) for inner in value]
    if isinstance(value, dict):
        return [structure(inner) for inner in value.values()]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return type(value)
    return float
