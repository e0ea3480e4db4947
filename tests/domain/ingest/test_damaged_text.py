"""Text that is UTF-8 or ASCII but for a few places: read with U+FFFD there, and never text in another charset."""

import codecs
from random import Random
from time import process_time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.ingest.damaged_text import decode_utf8
from ioc.domain.ingest.decoding import DecodingCode, decode_json, decode_text
from ioc.domain.ingest.protocol import ResponsePage, SourceError
from tests.data_sources.failures import raises_failure

TITLES = ["Ngập đường", "Xe hỏng", "Đèn tắt"]
WHOLE = orjson.dumps([{"t": title} for title in TITLES])
ASCII = b'[{"t":"Flooded street"},{"t":"Caf%s"},{"t":"Lamp"}]'


def titles(body: bytes, charset: str = "") -> list[str]:
    return [item["t"] for item in decode_json(ResponsePage(body, charset=charset), orjson.loads)]


@pytest.mark.parametrize("character", [chr(code) for code in range(0x20)])
def test_control_character_within_a_text_is_read_as_an_escaped_one(character: str) -> None:
    assert titles(WHOLE.replace(b"Xe ", b"Xe" + character.encode())) == [TITLES[0], f"Xe{character}hỏng", TITLES[2]]


@pytest.mark.parametrize("part", [b"\xe1\xbb", b"\xe1", b"\xff", b"\xff\xfe", b"\xbb"])
@pytest.mark.parametrize("charset", ["", "utf-8", "iso-8859-1", "no-such"])
def test_character_that_was_cut_costs_only_itself(part: bytes, charset: str) -> None:
    first, second, third = titles(WHOLE.replace("ỏ".encode(), part), charset)
    assert (first, third) == (TITLES[0], TITLES[2]) and second.replace("\ufffd\ufffd", "\ufffd") == "Xe h\ufffdng"


@pytest.mark.parametrize("part", [b"\xc3", b"\xe9", b"\xe2\x80", b"\xff\xff\xff"])
def test_only_letter_beyond_ascii_may_be_cut(part: bytes) -> None:
    assert titles(ASCII % part) == ["Flooded street", "Caf\ufffd", "Lamp"]
    assert titles(ASCII % b"\xe9", "cp1252")[1] == "Café"  # as declared


@pytest.mark.parametrize("word", [b"H\xd2ng", b"au\xdfer", b"\xc9tat", b"gest\xf6rt", b"x\xfey"])
def test_lone_byte_before_a_letter_is_of_another_charset(word: bytes) -> None:
    for charset in ("", "no-such"):
        with raises_failure(DecodingCode.CHARSET_UNKNOWN):
            decode_text(ResponsePage(ASCII % word, charset=charset))
    assert "\ufffd" in decode_text(ResponsePage(ASCII % word, charset="UTF-8"))
    assert "\ufffd" in decode_text(ResponsePage(WHOLE + word))  # other letters show it


def test_erased_memory_costs_only_what_it_held() -> None:
    assert titles(ASCII % (b"\xff" * 5_000) + b" " * 9)[1] == "Caf\ufffd"


@pytest.mark.parametrize(
    "body",
    [
        b'["Ng\xe2\xf2p \xf0\xfd\xf6\xecng", "h\xf2\xd2ng"]',  # Windows-1258
        '{"t":"Café déjà vu"}'.encode("cp1252"),
        '["Уровень воды"]'.encode("cp1251"),
        '["今天下午河水上涨"]'.encode("gb18030"),
        b"\xff\xe9",
        b"\xff" * 100,
        Random(1).randbytes(5_000),
    ],
)  # fmt: skip
def test_text_of_another_charset_and_random_bytes_are_refused(body: bytes) -> None:
    for charset in ("", "utf-8", "no-such"):
        with raises_failure(DecodingCode.CHARSET_UNKNOWN):
            decode_text(ResponsePage(body, charset=charset))


def test_lone_surrogate_after_a_byte_order_mark_costs_only_itself() -> None:
    text = orjson.dumps([{"t": "Đèn tắt"} for _ in range(20)]).decode().replace("tắt", "\ud83d", 1)
    for mark, charset in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF8, "utf-8")):
        read = titles(mark + text.encode(charset, "surrogatepass"))
        assert read[0].startswith("Đèn \ufffd") and read[1:] == ["Đèn tắt"] * 19
    with raises_failure(DecodingCode.CHARSET_WRONG, charset="utf-8"):
        decode_text(ResponsePage(codecs.BOM_UTF8 + Random(1).randbytes(500)))


@given(st.text(min_size=1), st.integers(0), st.sampled_from([b"\xff", b"\xe1\xbb", b"\xc3"]))
def test_whole_characters_are_never_changed(text: str, at: int, damage: bytes) -> None:
    head, tail = text[: at % len(text)], text[at % len(text) :]
    read = decode_utf8(head.encode("utf-8", "replace") + damage + tail.encode("utf-8", "replace"))
    plain = [part.encode("utf-8", "replace").decode() for part in (head, tail)]
    assert read is None or (read.startswith(plain[0]) and read.endswith(plain[1]))


@pytest.mark.parametrize("unit", [b"\xfe", b"\xff\xfe", b"\xe1\xbb", b"\xc3a", b"\xfea", b"\xffa", b"\x80"])
def test_damage_of_a_whole_answer_takes_linear_time(unit: bytes) -> None:
    body, began = unit * (4_000_000 // len(unit)), process_time()
    try:
        decode_text(ResponsePage(body))
    except SourceError as error:
        assert error.failure.code == DecodingCode.CHARSET_UNKNOWN
    assert process_time() - began < 5
