"""Charsets that nobody declares: text is read as it was written, or refused."""

import re
import unicodedata
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data_sources._text import decode
from data_sources.rss import parse
from ioc.domain.ingest import damaged_text
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from tests.data_sources.failures import raises_failure
from tests.data_sources.legacy_vietnamese import to_tcvn3, to_vni, windows_1258
from tests.data_sources.server import NOW, row

VIETNAMESE = "Triều cường dâng cao, nhiều tuyến đường ở Ninh Kiều ngập sâu"
RUSSIAN = "Уровень воды в реке поднялся, дороги закрыты на два дня"
CHINESE = "今天下午河水上涨，多条道路被淹，市民出行要小心"
TRADITIONAL = "今天下午河水上漲，多條道路被淹，市民出門要小心"
JAPANESE = "川の水位が上がり、道路が冠水しています。ご注意ください"
KOREAN = "강물이 불어나 도로가 물에 잠겼습니다. 주의하십시오"
READ = {
    "windows-1258": windows_1258(VIETNAMESE), "TCVN3": to_tcvn3(VIETNAMESE).encode("latin-1"),
    "VNI": to_vni(VIETNAMESE).encode("latin-1"),
    **{name: RUSSIAN.encode(name) for name in ("koi8-r", "cp1251", "iso8859-5", "cp866")},
    **{name: CHINESE.encode(name) for name in ("gb2312", "gb18030")},
    "big5": TRADITIONAL.encode("big5"),
    **{name: JAPANESE.encode(name) for name in ("euc-jp", "shift_jis", "iso2022_jp")},
    **{name: KOREAN.encode(name) for name in ("euc-kr", "cp949")},
    **{name: VIETNAMESE.encode(name) for name in ("utf-16-le", "utf-16-be")},
    "utf-16-le, Chinese": CHINESE.encode("utf-16-le"), "utf-16-be, Chinese": CHINESE.encode("utf-16-be"),
}  # fmt: skip
TEXTS = {unicodedata.normalize("NFC", text) for text in (VIETNAMESE, RUSSIAN, CHINESE, TRADITIONAL, JAPANESE, KOREAN)}
REFUSED = {
    "French": "Les routes sont inondées près de la rivière, la préfecture a réagi".encode("cp1252"),
    "Spanish": "Inundación en la ciudad: el río creció mañana y tarde".encode("cp1252"),
    "Polish": "Dziś poziom wody jest wyższy, drogi zamknięte".encode("iso8859-2"),
    "Turkish": "Nehir taştı, yollar kapalı, dikkatli olunuz".encode("cp1254"),
    "Greek": "Η στάθμη του ποταμού ανεβαίνει".encode("cp1253"),
    "Thai": "ระดับน้ำในแม่น้ำสูงขึ้น ถนนปิด".encode("cp874"),
    "no text": b"\xff\xfd\x81\x9f\xfe" * 20,
}


def feed(title: bytes, charset: str = "ascii") -> bytes:
    """A feed without a declaration, whose only item has `title`; `charset`: of the tags."""
    head, tail = "<rss version='2.0'><channel><item><title>", "</title><guid>1</guid></item></channel></rss>"
    return head.encode(charset) + title + tail.encode(charset)


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("claimed", ["", "utf-8", "no-such"])
def test_undeclared_charset_is_detected(name: str, claimed: str) -> None:
    body = feed(READ[name], name.partition(",")[0] if name.startswith("utf-16") else "ascii")
    (event,) = parse(row(), Payload((ResponsePage(body, charset=claimed),)), NOW).events
    assert event.title in TEXTS


@pytest.mark.parametrize("name", REFUSED)
def test_charset_that_cannot_be_detected_is_refused(name: str) -> None:
    with raises_failure(DecodingCode.CHARSET_UNKNOWN):
        parse(row(), Payload((ResponsePage(feed(REFUSED[name])),)), NOW)


def test_declared_charset_is_used_where_none_would_be_detected() -> None:
    assert decode(REFUSED["French"], "", "cp1252").startswith("Les routes sont inondées")


@pytest.mark.parametrize("text", ["28 °C", "40 µg/m³", "12 km²", "“a” – b…", "© 2026", "5 ± 1"])
def test_signs_that_all_charsets_of_windows_share_are_read(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize("text", ["x·", "§«ng", "®iÓm", "wszed³em"])
def test_signs_that_are_letters_of_a_legacy_encoding_are_not_shown(text: str) -> None:
    try:
        assert decode(text.encode("latin-1")) != text
    except SourceError as error:
        assert error.failure.code == DecodingCode.CHARSET_UNKNOWN


ENCODERS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "windows-1258": (VIETNAMESE, windows_1258),
    "TCVN3": (VIETNAMESE, lambda text: to_tcvn3(text).encode("latin-1")),
    "VNI": (VIETNAMESE, lambda text: to_vni(text).encode("latin-1")),
    **{
        charset: (text, partial(str.encode, encoding=charset))
        for text, charsets in {
            RUSSIAN: ("koi8-r", "cp1251"), CHINESE: ("gb18030",), TRADITIONAL: ("big5",),
            JAPANESE: ("euc-jp", "shift_jis"), KOREAN: ("euc-kr",), VIETNAMESE + RUSSIAN + CHINESE: ("utf-8",),
        }.items()
        for charset in charsets
    },
}  # fmt: skip
PARTS = st.sampled_from(sorted(ENCODERS)).flatmap(
    lambda name: st.tuples(
        st.just(ENCODERS[name][1]),
        st.lists(st.sampled_from(re.split("[ ，、]", ENCODERS[name][0])), min_size=1, max_size=8).map(" ".join),
    )
)


@example((windows_1258, "ở ở ở ở"))  # "Ур Ур Ур Ур" in KOI8
@given(PARTS)
def test_text_is_read_as_it_was_written_or_refused(part: tuple[Callable[[str], bytes], str]) -> None:
    encode, text = part
    try:
        read = unicodedata.normalize("NFC", decode(encode(text)))
    except SourceError as error:
        assert error.failure.code == DecodingCode.CHARSET_UNKNOWN
    else:
        assert read.casefold() == text.casefold()


@example(b"\x1b$" + bytes(7))  # an escape sequence of ISO 2022 that never ends
@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    try:
        assert isinstance(decode(body), str)
    except SourceError as error:
        assert error.failure.code == DecodingCode.CHARSET_UNKNOWN


@given(
    st.sampled_from([b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"", b"\x1b$B"]),
    st.binary(max_size=300),
    st.integers(1, 9),
)
@example(b"\xff\xfe", b"\x00\xdc" * 9, 3)
def test_bytes_are_decoded_in_parts_as_in_one_go(mark: bytes, body: bytes, size: int) -> None:
    def read() -> str:
        try:
            return decode(mark + body)
        except SourceError as error:
            return error.failure.code

    whole = read()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(damaged_text, "_PART_BYTES", size)
        assert read() == whole
