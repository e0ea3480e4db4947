"""`record` and `try --from`, as they are typed: an answer is kept without what is personal, and read again."""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ioc.cli import main as app
from ioc.cli import sources
from ioc.cli.context import Context
from ioc.config.settings import EnvironmentSettings
from tests.config import folders
from tests.data_sources.server import Handler, serving

NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
CITY = folders.CITY.replace("overview: [water-level]\n", "")
ROW = """\
sources:
  - key: sim-phan-anh
    name: Phản ánh thử
    protocol: http_json
    address: {address}
    private: true
    every: 60s
    deadline: 5s
    age_limit: 1h
    owner: mp-a
    licence: mô phỏng
    simulated: true
    events: [{{ kind: report, name: Phản ánh }}]
    series: [{{ key: phan-anh-thu, name: Số thử, unit: "" }}]
    options:
      items: items
      series: "{series}"
      value: n
      time: at
      headers: {{ X-Key: "${{REPORTS_KEY}}" }}
      events:
        {{ items: items, kind: report, key: "{{id}}", title: "{{what}}", time: at, personal: {{ text: told }} }}
"""
ANSWER = {
    "items": [
        {
            "id": 1,
            "what": "Rác",
            "n": 3,
            "at": "2026-11-24T16:00:00+07:00",
            "told": 'ông "Tư" gọi',
            "tel": "0912345678",
        },
        {"id": 2, "what": "Ngập", "n": "cao", "at": "2026-11-24T16:05:00+07:00", "told": None, "tel": None},
    ]
}
Run = Callable[..., Awaitable[int]]


def context(folder: Path, address: str, at: datetime = NOW, series: str = "phan-anh-thu") -> Context:
    """A centre of one source, at a standing clock."""
    rows = ROW.format(address=address, series=series)
    folders.write(folder / "config", sources=rows, kpis="[]", directives="[]", city=CITY)
    environment = {"IOC_CONFIG": str(folder / "config"), "IOC_DATA": str(folder / "data"), "REPORTS_KEY": "geheim"}
    return Context(EnvironmentSettings.from_environment(environment, app.ROOT), environment, app.ROOT, lambda: at, "en")


def answering(body: bytes | None = None, status: int = 200) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        echoed = {**ANSWER, "key": request.headers["X-Key"]}
        return web.Response(body=json.dumps(echoed).encode() if body is None else body, status=status)

    return handler


async def recorded(folder: Path, handler: Handler, **options: Any) -> int:
    async with serving(handler) as address:
        return await asyncio.to_thread(sources.record, context(folder, address), "sim-phan-anh", **options)


async def test_an_answer_is_kept_masked_and_reads_again_without_the_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await recorded(tmp_path, answering()) == 0
    path = tmp_path / "data" / "recorded" / "sim-phan-anh.json"
    assert capsys.readouterr().out == f"{path}: 1 pages; accepted 3, rejected 1\n"
    text = path.read_text("utf-8")
    assert not any(one in text for one in ("0912345678", "Tư", "geheim")) and "<REPORTS_KEY>" in text
    recording = json.loads(text)
    assert (recording["source"], recording["protocol"], recording["at"]) == (
        "sim-phan-anh",
        "http_json",
        NOW.isoformat(),
    )
    summary = recording["summary"]
    assert summary["readings"] == [["phan-anh-thu", "2026-11-24T09:00:00+00:00", 3.0, "", "good"]]
    assert [event[1] for event in summary["events"]] == ["1", "2"] and summary["rejected_items"][0][0] == "items[1].n"
    # A month later, with nobody at the address: read at the time at which it was recorded.
    later = context(tmp_path, "http://127.0.0.1:9", NOW + timedelta(days=30))
    assert await asyncio.to_thread(sources.try_source, later, "sim-phan-anh", recorded=str(path)) == 0
    told = capsys.readouterr().out
    assert (
        told.startswith("accepted 3, repeated 0, rejected 1\n") and "report/1" in told and "rejected items[1].n" in told
    )
    # The row may change: that is what a recorded answer is for.
    other = context(tmp_path, "http://127.0.0.1:9", series="other")
    assert await asyncio.to_thread(sources.try_source, other, "sim-phan-anh", recorded=str(path)) == 0
    assert "rejected other: the series is not declared in the row of this source" in capsys.readouterr().out


async def test_an_answer_that_cannot_be_read_is_kept_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "odd.json"
    assert await recorded(tmp_path, answering(b"<html>geheim</html>"), out=str(out)) == 0
    assert "1 pages; unusable: the answer is a web page" in capsys.readouterr().out
    assert "geheim" not in out.read_text("utf-8")
    there = context(tmp_path, "http://127.0.0.1:9")
    assert await asyncio.to_thread(sources.try_source, there, "sim-phan-anh", recorded=str(out)) == 1
    assert capsys.readouterr().out.startswith("sim-phan-anh: nothing came: the answer is a web page, not data")


@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_a_clock_that_is_off_is_told_before_what_it_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    async with serving(answering()) as address:
        there = replace(context(tmp_path, address, NOW - timedelta(days=1)), lang=lang)
        assert await asyncio.to_thread(sources.try_source, there, "sim-phan-anh") == 0
    second = capsys.readouterr().out.splitlines()[1]
    assert second.startswith(
        {"vi": "  đồng hồ của nguồn nhanh 24 giờ", "en": "  the source's clock is 24 h ahead"}[lang]
    )


async def test_nothing_is_written_where_nothing_came(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await recorded(tmp_path, answering(status=503)) == 1
    assert (
        "nothing came: the server answered with error 503" in capsys.readouterr().out
        and not (tmp_path / "data").exists()
    )


@pytest.mark.parametrize(("lang", "said"), [("vi", "thêm private: true"), ("en", "add private: true")])
def test_a_name_that_leads_into_the_house_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback = socket.getaddrinfo("127.0.0.1", 9, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **named: loopback)
    there = context(tmp_path, "http://trong-nha.example:9")
    (path := tmp_path / "config" / "sources.yaml").write_text(path.read_text("utf-8").replace("private: true", ""))
    assert sources.try_source(replace(there, lang=lang), "sim-phan-anh") == 1
    assert said in capsys.readouterr().out


async def test_binary_pages_need_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await recorded(tmp_path, answering(b"PK\x03\x04\0")) == 1
    assert "cannot be masked: --binary" in capsys.readouterr().err and not (tmp_path / "data").exists()
    assert await recorded(tmp_path, answering(b"PK\x03\x04\0"), binary=True) == 0


async def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await recorded(tmp_path, answering(), out="/proc/ioc/a.json") == 1
    assert "/proc/ioc/a.json cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "said", "vi"),
    [
        (None, "cannot be read: no such file", "không đọc được: "),
        (b"{}", "is not a file that `record` wrote", "đây không phải tệp do record ghi"),
        (
            b'{"source":"a","protocol":"cap","at":"2026-11-24T09:00Z","pages":[],"summary":{}}',
            "from the protocol cap, not",
            "tệp ghi từ giao thức cap, không phải http_json",
        ),
    ],
)
def test_a_file_that_is_no_recording_of_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: bytes | None, said: str, vi: str
) -> None:
    path = tmp_path / "a.json"
    if body is not None:
        path.write_bytes(body)
    there = context(tmp_path, "http://127.0.0.1:9")
    assert sources.try_source(there, "sim-phan-anh", recorded=str(path)) == 2
    assert said in capsys.readouterr().err
    assert sources.try_source(replace(there, lang="vi"), "sim-phan-anh", recorded=str(path)) == 2
    assert vi in capsys.readouterr().err


async def test_who_asks_in_vietnamese_is_told_in_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(answering()) as address:
        there = replace(context(tmp_path, address), lang="vi")
        assert await asyncio.to_thread(sources.try_source, there, "sim-phan-anh") == 0
    told = capsys.readouterr().out
    assert told.startswith("nhận 3, lặp 0, loại 1\n") and "đang mở Rác" in told and "“cao” không phải là số" in told
    async with serving(answering(b"PK\x03\x04\0")) as address:
        there = replace(context(tmp_path, address), lang="vi")
        assert await asyncio.to_thread(sources.record, there, "sim-phan-anh") == 1
    assert "trang 1 không phải chữ nên không che được: thêm --binary" in capsys.readouterr().err


@pytest.mark.parametrize("command", [sources.record, sources.try_source])
def test_a_source_that_is_none_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: Callable[[Context, str], int]
) -> None:
    assert command(context(tmp_path, "http://127.0.0.1:9"), "sim-rport") == 2
    assert "'sim-rport'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["record", "--out", "x", "sim-nothing"], 2, "no source is called 'sim-nothing'"),
        (["try", "sim-nothing", "--from", "x"], 2, "no source is called 'sim-nothing'"),
        (["check", "--out", "x"], 2, "wrong number of words"),
        (["record", "sim-water", "x"], 2, "wrong number of words"),
        (["record"], 2, "wrong number of words"),
    ],
)
def test_words_and_options_go_where_they_belong(
    words: list[str],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in [one for one in os.environ if one.startswith("IOC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IOC_DATA", str(tmp_path / "data"))
    assert app.main(["--lang", "en", *words]) == code
    assert said in capsys.readouterr().err
