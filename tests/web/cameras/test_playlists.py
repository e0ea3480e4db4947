"""A playlist's addresses: every one of them is led, none leads elsewhere, what would multiply requests is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.web.cameras.playlists import MAX_LINES, is_playlist, rewrite_playlist

AT = "https://vms.example/cam/3/index.m3u8"


def lead(address: str) -> str:
    if not address.startswith("https://vms.example/"):
        raise ValueError("elsewhere")
    return f"<{address}>"


def test_lines_and_attributes_are_led_and_the_rest_stands() -> None:
    body = (
        "\ufeff#EXTM3U\r\n#EXT-X-VERSION:7\r\n# made by a box at 10.1.2.3\r\n"
        '#EXT-X-KEY:METHOD=AES-128,URI="../key?t=1",IV=0x1\r\n#EXT-X-MAP:URI="init.mp4",BYTERANGE="10@0"\r\n'
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="https://vms.example/a.m3u8"\r\n'
        '#EXT-X-PART:DURATION=1,URI="p.mp4"\r\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="q.mp4"\r\n'
        "#EXTINF:4.0,\r\nseg 1.ts\r\n".replace("seg 1", "seg-1")
    )
    assert rewrite_playlist(body.encode(), AT, lead).splitlines() == [
        "\ufeff#EXTM3U".lstrip("\ufeff"), "#EXT-X-VERSION:7",
        '#EXT-X-KEY:METHOD=AES-128,URI="<https://vms.example/cam/key?t=1>",IV=0x1',
        '#EXT-X-MAP:URI="<https://vms.example/cam/3/init.mp4>",BYTERANGE="10@0"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="<https://vms.example/a.m3u8>"',
        "#EXTINF:4.0,", "<https://vms.example/cam/3/seg-1.ts>",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "https://evil.example/1.ts", "//evil.example/1.ts", "http://vms.example/1.ts", "data:video/mp2t;base64,AA==",
        '#EXT-X-KEY:METHOD=AES-128,URI="https://evil.example/k"', '#EXT-X-INF:X-ASSET-URI="//evil.example"',
        "{$host}/1.ts", '#EXT-X-DEFINE:NAME="host",VALUE="x"', "a b.ts", "\\\\evil.example\\1.ts", "x" * 2_000,
        "file:///etc/passwd",
    ],
)  # fmt: skip
def test_a_playlist_that_leads_elsewhere_or_cannot_be_read_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        rewrite_playlist(f"#EXTM3U\n{line}\n".encode(), AT, lead)


def test_floods_and_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError):
        rewrite_playlist(b"#EXTM3U\n" + b"\n" * MAX_LINES, AT, lead)
    with pytest.raises(ValueError):
        rewrite_playlist(b"#EXTM3U\n\xff\xfe", AT, lead)


@given(st.lists(st.one_of(st.text(max_size=40), st.sampled_from(["#EXT-X-KEY:", 'URI="', '"', "//e/", "#EXTM3U"]))))
def test_whatever_it_says_no_address_gets_through_that_was_not_led(parts: list[str]) -> None:
    body = ("#EXTM3U\n" + "".join(parts)).encode("utf-8", "replace")
    assert is_playlist(body)
    try:
        shown = rewrite_playlist(body, AT, lambda _: "<LED>")
    except ValueError:
        return
    assert all(line.startswith("#EXT") or line == "<LED>" for line in shown.split("\n") if line)
