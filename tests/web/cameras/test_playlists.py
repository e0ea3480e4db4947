"""A rewritten playlist: every address is replaced, none leads elsewhere, tags that multiply requests are dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import Failure
from ioc.web.cameras.errors import UpstreamError
from ioc.web.cameras.playlists import MAX_LINE_LENGTH, MAX_LINES, is_playlist, rewrite_playlist
from ioc.web.errors.codes import CameraStreamCode as Code

AT = "https://vms.example/cam/3/index.m3u8"


def rewrite(address: str) -> str:
    if not address.startswith("https://vms.example/"):
        raise UpstreamError(Code.HOST_NOT_ALLOWED)
    return f"<{address}>"


def test_addresses_in_lines_and_attributes_are_rewritten_and_the_rest_is_kept() -> None:
    body = (
        "\ufeff#EXTM3U\r\n#EXT-X-VERSION:7\r\n# made by a box at 10.1.2.3\r\n"
        '#EXT-X-KEY:METHOD=AES-128,URI="../key?t=1",IV=0x1\r\n#EXT-X-MAP:URI="init.mp4",BYTERANGE="10@0"\r\n'
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="https://vms.example/a.m3u8"\r\n'
        '#EXT-X-PART:DURATION=1,URI="p.mp4"\r\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="q.mp4"\r\n'
        "#EXTINF:4.0,\r\nseg 1.ts\r\n".replace("seg 1", "seg-1")
    )
    assert rewrite_playlist(body.encode(), AT, rewrite).splitlines() == [
        "\ufeff#EXTM3U".lstrip("\ufeff"), "#EXT-X-VERSION:7",
        '#EXT-X-KEY:METHOD=AES-128,URI="<https://vms.example/cam/key?t=1>",IV=0x1',
        '#EXT-X-MAP:URI="<https://vms.example/cam/3/init.mp4>",BYTERANGE="10@0"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="<https://vms.example/a.m3u8>"',
        "#EXTINF:4.0,", "<https://vms.example/cam/3/seg-1.ts>",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("https://evil.example/1.ts", Code.HOST_NOT_ALLOWED), ("//evil.example/1.ts", Code.HOST_NOT_ALLOWED),
        ("http://vms.example/1.ts", Code.HOST_NOT_ALLOWED), ("data:video/mp2t;base64,AA==", Code.HOST_NOT_ALLOWED),
        ('#EXT-X-KEY:METHOD=AES-128,URI="https://evil.example/k"', Code.HOST_NOT_ALLOWED),
        ('#EXT-X-INF:X-ASSET-URI="//evil.example"', Code.HOST_NOT_ALLOWED),
        ('#EXT-X-INF:X-ASSETURI="//evil.example"', Code.HOST_NOT_ALLOWED),
        ("{$host}/1.ts", Code.PLAYLIST_BAD_ADDRESS), ("a b.ts", Code.PLAYLIST_BAD_ADDRESS),
        ('#EXT-X-DEFINE:NAME="host",VALUE="x"', Code.PLAYLIST_UNSUPPORTED),
        ("#EXT-X-KEY:" + 'URI="k",' * 200, Code.PLAYLIST_UNSUPPORTED),
        *(
            (f"#EXT-X-MAP:{part}", Code.PLAYLIST_UNSUPPORTED)
            for part in (
                'URI ="/k"', 'URI= "/k"', 'URI\t="/k"', "URI=/k", 'uri="/k"', "URI='/k'", 'A="1"\r/k', 'A="1"\x0b/k',
                'A="1"\u2028/k', "A=https://vms.example/k",
            )
        ),
        ("\\\\evil.example\\1.ts", Code.PLAYLIST_BAD_ADDRESS), ("x" * 2_000, Code.PLAYLIST_BAD_ADDRESS),
        ("http://[/1.ts", Code.PLAYLIST_BAD_ADDRESS), ("file:///etc/passwd", Code.HOST_NOT_ALLOWED),
    ],
)  # fmt: skip
def test_an_address_that_is_invalid_or_leads_elsewhere_is_rejected(line: str, code: Code) -> None:
    with pytest.raises(UpstreamError) as caught:
        rewrite_playlist(f"#EXTM3U\n{line}\n".encode(), AT, rewrite)
    assert caught.value.failure.code == code


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (
            b"#EXTM3U\n#EXT" + b"-" * MAX_LINE_LENGTH,
            Failure(Code.PLAYLIST_LINE_TOO_LONG, {"characters": MAX_LINE_LENGTH}),
        ),
        (b"\n" * MAX_LINES, Failure(Code.PLAYLIST_TOO_LONG, {"lines": MAX_LINES})),
        (b"ab\n" * 2_000_000, Failure(Code.PLAYLIST_TOO_LONG, {"lines": MAX_LINES})),  # before it is split
        (b"x" * 1_048_576, Failure(Code.PLAYLIST_TOO_LONG, {"lines": MAX_LINES})),
        (b"\xff\xfe", Failure(Code.PLAYLIST_NOT_TEXT)),
    ],
)
def test_a_playlist_that_is_too_long_or_no_text_is_rejected(body: bytes, failure: Failure) -> None:
    with pytest.raises(UpstreamError) as caught:
        rewrite_playlist(b"#EXTM3U\n" + body, AT, rewrite)
    assert caught.value.failure == failure


@given(st.lists(st.one_of(st.text(max_size=40), st.sampled_from(["#EXT-X-KEY:", 'URI="', '"', "//e/", "#EXTM3U"]))))
def test_no_address_gets_through_without_being_rewritten(parts: list[str]) -> None:
    body = ("#EXTM3U\n" + "".join(parts)).encode("utf-8", "replace")
    assert is_playlist(body)
    try:
        rewritten = rewrite_playlist(body, AT, lambda _: "<REWRITTEN>")
    except UpstreamError:
        return
    assert all(line.startswith("#EXT") or line == "<REWRITTEN>" for line in rewritten.split("\n") if line)
