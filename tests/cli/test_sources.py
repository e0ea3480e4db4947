"""The commands `record` and `try --from`: an answer is recorded without personal data and parsed again."""

import asyncio
import json
import os
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from components.ui.i18n import t
from ioc.cli import main as app
from ioc.cli import sources
from ioc.cli.arguments import parse_arguments
from ioc.cli.context import Context
from ioc.config.settings import EnvironmentSettings
from tests.config import folders
from tests.data_sources.server import Handler, serving

NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
CITY = folders.CITY.replace("overview: [water-level]\n", "")
OF_BOTH = """\
    private: true
    every: 60s
    deadline: 5s
    age_limit: 1h
    owner: mp-a
    licence: mô phỏng
    simulated: true
"""
ROW = (
    """\
sources:
  - key: sim-phan-anh
    name: Phản ánh thử
    protocol: http_json
    address: {address}
"""
    + OF_BOTH
    + """\
    events: [{{ kind: report, name: Phản ánh }}]
    series: [{{ key: phan-anh-thu, name: Số thử, unit: "" }}]
    options:
      items: items
      series: "{series}"
      value: n
      may_differ: [id]  # of a report
      time: at
      headers: {{ X-Key: "${{REPORTS_KEY}}" }}
      events:
        {{ items: items, kind: report, key: "{{id}}", title: "{{what}}", time: at, personal: {{ text: description }} }}
"""
)
CAP_ROW = (
    """\
sources:
  - key: alerts
    name: Cảnh báo
    protocol: cap
    address: http://127.0.0.1:9/index.atom
"""
    + OF_BOTH
    + """\
    events: [{ kind: alert, name: Cảnh báo }]
    series: [{ key: alerts-open, name: Số thử, unit: "", event_count: { kind: alert, stage: open } }]
"""
)
ANSWER = {
    "items": [
        {
            "id": 1,
            "what": "Rác",
            "n": 3,
            "at": "2026-11-24T16:00:00+07:00",
            "description": 'ông "Tư" gọi',
            "tel": "0912345678",
        },
        {"id": 2, "what": "Ngập", "n": "cao", "at": "2026-11-24T16:05:00+07:00", "description": None, "tel": None},
    ]
}
Run = Callable[..., Awaitable[int]]


def context(folder: Path, address: str, at: datetime = NOW, series: str = "phan-anh-thu") -> Context:
    """A context with one source whose clock stands at `at`."""
    rows = ROW.format(address=address, series=series)
    folders.write(folder / "config", sources=rows, kpis="[]", directives="[]", city=CITY)
    environment = {"IOC_CONFIG": str(folder / "config"), "IOC_DATA": str(folder / "data"), "REPORTS_KEY": "geheim"}
    return Context(EnvironmentSettings.from_environment(environment, app.ROOT), environment, app.ROOT, lambda: at, "en")


def answer_with(body: bytes | None = None, status: int = 200) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        echoed = {**ANSWER, "key": request.headers["X-Key"]}
        return web.Response(body=json.dumps(echoed).encode() if body is None else body, status=status)

    return handler


async def record(folder: Path, handler: Handler, **options: Any) -> int:
    async with serving(handler) as address:
        return await asyncio.to_thread(sources.record, context(folder, address), "sim-phan-anh", **options)


async def test_try_shows_values_that_differ_and_gap_marks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = ["16:00:00", "16:00:00", "15:00:00", "16:05:00", "16:05:01"]
    items = [
        {"id": n, "what": "a", "n": value, "at": f"2026-11-24T{time}+07:00"}
        for n, (time, value) in enumerate(zip(times, [3, 4, 5, 6, None], strict=True))
    ]
    async with serving(answer_with(json.dumps({"items": items}).encode())) as address:
        assert await asyncio.to_thread(sources.try_source, context(tmp_path, address), "sim-phan-anh") == 0
    lines = capsys.readouterr().out.splitlines()
    differing = [line for line in lines if "rejected phan-anh-thu" in line]
    assert len(differing) == 2 and all(re.search(rf"\b{value}\b", differing[0]) for value in (3, 4))
    assert any(line.split()[0] == "1" for line in lines)  # gap marks


async def test_recorded_answer_is_masked_and_tried_without_the_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await record(tmp_path, answer_with()) == 0
    path = tmp_path / "data" / "recorded" / "sim-phan-anh.json"
    assert capsys.readouterr().out == f"{path}: 1 page; accepted 3, rejected 1\n"
    text = path.read_text("utf-8")
    assert not any(text_part in text for text_part in ("0912345678", "Tư", "geheim")) and "<REPORTS_KEY>" in text
    recording = json.loads(text)
    assert (recording["source"], recording["protocol"], recording["at"]) == (
        "sim-phan-anh",
        "http_json",
        NOW.isoformat(),
    )
    summary = recording["summary"]
    assert summary["readings"] == [["phan-anh-thu", "2026-11-24T09:00:00+00:00", 3.0, "", "good"]]
    assert [event[1] for event in summary["events"]] == ["1", "2"] and summary["rejected_items"][0][0] == "items[1].n"
    # A month later and with no server at the address: parsed as of the recorded time.
    later = context(tmp_path, "http://127.0.0.1:9", NOW + timedelta(days=30))
    assert await asyncio.to_thread(sources.try_source, later, "sim-phan-anh", files=[str(path)]) == 0
    output = capsys.readouterr().out
    assert (
        output.startswith("accepted 3, repeated 0, rejected 1\n")
        and "report/1" in output
        and "rejected items[1].n" in output
    )
    # The row may have changed since: this tests a new mapping on a recorded answer.
    other = context(tmp_path, "http://127.0.0.1:9", series="other")
    assert await asyncio.to_thread(sources.try_source, other, "sim-phan-anh", files=[str(path)]) == 0
    assert "rejected 1 value of 1 series that the row of this source does not declare: other" in capsys.readouterr().out


async def test_unreadable_answer_is_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "odd.json"
    assert await record(tmp_path, answer_with(b"<html>geheim</html>"), out=str(out)) == 0
    assert "1 page; unusable: the answer is a web page" in capsys.readouterr().out
    assert "geheim" not in out.read_text("utf-8")
    centre = context(tmp_path, "http://127.0.0.1:9")
    assert await asyncio.to_thread(sources.try_source, centre, "sim-phan-anh", files=[str(out)]) == 1
    assert capsys.readouterr().out.startswith("sim-phan-anh: nothing came: the answer is a web page, not data")


@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_clock_skew_is_printed_before_the_rejected_items(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    async with serving(answer_with()) as address:
        centre = replace(context(tmp_path, address, NOW - timedelta(days=1)), lang=lang)
        assert await asyncio.to_thread(sources.try_source, centre, "sim-phan-anh") == 1
    second = capsys.readouterr().out.splitlines()[1]
    assert second.startswith(
        {"vi": "  đồng hồ của nguồn nhanh 24 giờ", "en": "  the source's clock is 24 h ahead"}[lang]
    )


async def test_failed_fetch_writes_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await record(tmp_path, answer_with(status=503)) == 1
    assert (
        "nothing came: the server answered with error 503" in capsys.readouterr().out
        and not (tmp_path / "data").exists()
    )


@pytest.mark.parametrize(("lang", "hint"), [("vi", "thêm private: true"), ("en", "add private: true")])
def test_host_name_of_a_private_address_is_refused_with_the_option_to_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback = socket.getaddrinfo("127.0.0.1", 9, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: loopback)
    centre = context(tmp_path, "http://trong-nha.example:9")
    (path := tmp_path / "config" / "sources.yaml").write_text(path.read_text("utf-8").replace("private: true", ""))
    assert sources.try_source(replace(centre, lang=lang), "sim-phan-anh") == 1
    assert hint in capsys.readouterr().out


async def test_binary_page_is_recorded_only_with_the_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await record(tmp_path, answer_with(b"PK\x03\x04\0")) == 1
    assert "cannot be masked: --binary" in capsys.readouterr().err and not (tmp_path / "data").exists()
    assert await record(tmp_path, answer_with(b"PK\x03\x04\0"), binary=True) == 0


async def test_unwritable_path_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await record(tmp_path, answer_with(), out="/proc/ioc/a.json") == 1
    assert "/proc/ioc/a.json cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "en", "vi"),
    [
        (None, "cannot be read: no such file", "không đọc được: "),
        (
            b'{"source":"a","protocol":"cap","at":"?","pages":1}',
            "a file of `record` that is damaged",
            "tệp do record ghi",
        ),
        (b"\x1f\x8b\x08\0", "unpack it first", "giải nén trước"),
        (b"x" * (16 * 1_048_576 + 1), "cut it down to one answer", "cắt bớt"),
        (
            b'{"source":"a","protocol":"cap","at":"2026-11-24T09:00Z","pages":[],"summary":{}}',
            "from the protocol cap, not",
            "tệp ghi từ giao thức cap, không phải http_json",
        ),
    ],
)
def test_file_that_is_no_recording_of_the_protocol_is_rejected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: bytes | None, en: str, vi: str
) -> None:
    path = tmp_path / "a.json"
    if body is not None:
        path.write_bytes(body)
    centre = context(tmp_path, "http://127.0.0.1:9")
    assert sources.try_source(centre, "sim-phan-anh", files=[str(path)]) == 2
    assert en in capsys.readouterr().err
    assert sources.try_source(replace(centre, lang="vi"), "sim-phan-anh", files=[str(path)]) == 2
    assert vi in capsys.readouterr().err


async def test_try_and_record_print_in_vietnamese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(answer_with()) as address:
        centre = replace(context(tmp_path, address), lang="vi")
        assert await asyncio.to_thread(sources.try_source, centre, "sim-phan-anh") == 0
    output = capsys.readouterr().out
    assert output.startswith("nhận 3, lặp 0, loại 1\n") and "“cao” không phải là số" in output
    assert "chưa kết thúc Rác" in output
    async with serving(answer_with(b"PK\x03\x04\0")) as address:
        centre = replace(context(tmp_path, address), lang="vi")
        assert await asyncio.to_thread(sources.record, centre, "sim-phan-anh") == 1
    assert "trang 1 không phải chữ nên không che được: thêm --binary" in capsys.readouterr().err


def test_example_answers_of_a_partner_are_tried_as_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [tmp_path / "page 1.json", tmp_path / "two.txt"]
    for n, path in enumerate(paths):
        path.write_text(json.dumps({"items": [{**ANSWER["items"][0], "id": n}]}), "utf-16")
    words = ["--lang", "en", "try", "sim-phan-anh", *(word for path in paths for word in ("--from", str(path)))]
    assert parse_arguments(words, {"try": "SOURCE"}).files == [str(path) for path in paths]
    there = context(tmp_path, "http://127.0.0.1:9")
    assert sources.try_source(there, "sim-phan-anh", files=[str(path) for path in paths]) == 0
    out = capsys.readouterr().out
    assert "report/0" in out and "report/1" in out and "rejected 0" in out


def test_an_answer_that_is_refused_shows_what_it_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(
        json.dumps({"data": [{"status": "open", "id": 7}], "phone": "0912345678"}), "utf-8"
    )
    centre = context(tmp_path, "http://127.0.0.1:9")
    assert sources.try_source(centre, "sim-phan-anh", files=[str(tmp_path / "a.json")]) == 1
    first, _, *parts = capsys.readouterr().out.splitlines()
    assert first.startswith("sim-phan-anh: nothing came: ") and '    data[].status: "open" (1)' in parts
    assert "    data[].id: 7 (1)" in parts and "0912345678" not in str(parts)


@pytest.mark.parametrize(
    ("items", "code"),
    [([{"id": "1", "n": "x", "t": 1}], 1), ([], 0), (ANSWER["items"], 0)],
    ids=["all rejected", "an empty list", "some accepted"],
)
def test_exit_code_says_whether_something_usable_came(tmp_path: Path, items: list[Any], code: int) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"items": items}), "utf-8")
    centre = context(tmp_path, "http://127.0.0.1:9")
    assert sources.try_source(centre, "sim-phan-anh", files=[str(tmp_path / "a.json")]) == code


def test_linked_alerts_of_an_index_in_a_file_are_said_not_to_be_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    centre = context(tmp_path, "http://127.0.0.1:9")
    path = tmp_path / "config" / "sources.yaml"
    path.write_text(CAP_ROW, "utf-8")
    link = '<entry><id>a</id><link href="http://127.0.0.1:9/a.cap"/></entry>'
    (tmp_path / "index.atom").write_text(f'<feed xmlns="http://www.w3.org/2005/Atom">{link}</feed>', "utf-8")
    assert sources.try_source(centre, "alerts", files=[str(tmp_path / "index.atom")]) == 1
    out = capsys.readouterr().out
    assert "--from" in out and "next poll" not in out


@pytest.mark.parametrize(
    ("protocol", "options", "answer"),
    [
        (
            "sensorthings",
            '{ series: "{name}" }',
            {"value": [], "@iot.nextLink": "http://127.0.0.1:9/v1.1/Datastreams?$skip=100", "@iot.count": 300},
        ),
        (
            "geojson",
            '{ series: "gauge", value: v }',
            {"type": "FeatureCollection", "features": [], "links": [{"rel": "next", "href": "http://127.0.0.1:9/2"}]},
        ),
    ],
)
def test_pages_that_the_program_fetches_itself_are_said_not_to_be_in_a_file(
    protocol: str, options: str, answer: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    centre = context(tmp_path, "http://127.0.0.1:9")
    series = "    series: [{ key: gauge, name: Số thử, unit: m }]\n"
    head = (
        f"sources:\n  - key: pages\n    name: Trang\n    protocol: {protocol}\n    address: http://127.0.0.1:9/v1.1\n"
    )
    (tmp_path / "config" / "sources.yaml").write_text(f"{head}{OF_BOTH}{series}    options: {options}\n", "utf-8")
    (tmp_path / "a.json").write_text(json.dumps(answer), "utf-8")
    sources.try_source(centre, "pages", files=[str(tmp_path / "a.json")])
    assert t("errors.cli.pages_not_in_file", centre.lang) in capsys.readouterr().out


def test_a_source_knows_the_options_of_its_protocol(tmp_path: Path) -> None:
    source = context(tmp_path, "http://127.0.0.1:9").source("sim-phan-anh")
    assert source is not None and source.option_names is not None
    assert {"decimal", "values.unit", "events.zone"} <= source.option_names


def test_names_that_match_nothing_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    centre = context(tmp_path, "http://127.0.0.1:9", series="{what}")
    path = tmp_path / "config" / "sources.yaml"
    names = '{ "Rác": rac, "Ngập": ngap, "Cây  đổ": cay-do, "Mất điện": mat-dien }'
    path.write_text(path.read_text("utf-8").replace("      value: n", f"      names: {names}\n      value: n"), "utf-8")
    items = [{**item, "what": what} for item, what in zip(ANSWER["items"], ["Rác", "Cây đổ "], strict=True)]
    (tmp_path / "a.json").write_text(json.dumps({"items": items}), "utf-8")
    assert sources.try_source(centre, "sim-phan-anh", files=[str(tmp_path / "a.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if "entries of names" in line]
    assert "“Mất điện”" in line and "“Ngập”" in line and "Rác" not in line and "Cây" not in line
    assert any("rac (“Rác” 3)" in line for line in lines)


@pytest.mark.parametrize("command", [sources.record, sources.try_source])
def test_unknown_source_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: Callable[[Context, str], int]
) -> None:
    assert command(context(tmp_path, "http://127.0.0.1:9"), "sim-rport") == 2
    assert "'sim-rport'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["record", "--out", "x", "sim-nothing"], 2, "no source is called 'sim-nothing'"),
        (["try", "sim-nothing", "--from", "x"], 2, "no source is called 'sim-nothing'"),
        (["check", "--out", "x"], 2, "wrong number of words"),
        (["check", "--from", "x"], 2, "wrong number of words"),
        (["record", "sim-water", "x"], 2, "wrong number of words"),
        (["record"], 2, "wrong number of words"),
    ],
)
def test_wrong_arguments_are_reported_with_their_exit_code(
    words: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in [name for name in os.environ if name.startswith("IOC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IOC_DATA", str(tmp_path / "data"))
    assert app.main(["--lang", "en", *words]) == code
    assert message in capsys.readouterr().err
