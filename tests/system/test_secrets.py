"""Secrets that were planted in a running centre: nothing that it writes, answers or prints holds a word of them."""

import json
import sqlite3
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from tests.system import quick_config
from tests.system.program import Program, until
from tests.system.sheets import sheets

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PLANTED = {
    "ECHO_KEY": "Zq7-Kv9 mAnh&1xR",
    "ECHO_TOKEN": "tT4hJ0pLw8sYb2",
    "IOC_SECRET": "mB3-uV6yQ1rX8kD5fH0zN2tG7pC4jL9w",
}
PATHS = ("good", "html", "refuses", "moves", "bad")
PAGES = ("overview", "wall", "sources", "kpis", "map", "directives", "attention")


def forms(secret: str) -> list[bytes]:
    """How it may come back."""
    told = {secret, quote(secret, safe=""), b64encode(secret.encode()).decode().rstrip("="), json.dumps(secret)[1:-1]}
    return [one.encode().lower() for one in told]


class Echo(BaseHTTPRequestHandler):
    """Answers with all that it was told: the worst that a source can do."""

    def do_GET(self) -> None:
        told, name = f"{self.path} {self.headers['X-Key']}", self.path[1:].partition("?")[0]
        heard.append(told)
        item = {
            "series": told,
            "value": told,
            "unit": told,
            "time": "2026-11-24T09:00:00Z",
            "id": self.headers["X-Key"],
        }
        body = json.dumps({"items": [item, {**item, "series": "echo-good", "value": 1}]}) if name == "good" else told
        status = {"refuses": 401, "moves": 302, "bad": 500}.get(name, 200)
        self.send_response(status, told if status == 500 else None)
        self.send_header("Content-Type", "text/html" if name == "html" else "application/json")
        if status == 302:
            self.send_header("Location", f"http://{quote(self.headers['X-Key'])}.example/?{told}".replace(" ", "%20"))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


heard: list[str] = []


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory, echo: int) -> Iterator[Program]:
    """A centre whose sources echo what they are told; two of its secrets stand in files."""
    folder = tmp_path_factory.mktemp("secrets")
    config = quick_config.write(folder / "config")
    rows = yaml.safe_load((config / "sources.yaml").read_text("utf-8"))["sources"]
    like = {name: rows[0][name] for name in ("every", "deadline", "owner", "licence", "simulated")}
    for name in PATHS:
        address = f"http://127.0.0.1:{echo}/{name}?token=${{ECHO_TOKEN}}"
        options = {"items": "items", "series": "{series}", "value": "value", "time": "time", "unit_path": "unit",
                   "headers": {"X-Key": "${ECHO_KEY}"}}  # fmt: skip
        rows.append(
            {**like, "key": f"echo-{name}", "name": name, "protocol": "http_json", "address": address, "private": True,
             "age_limit": "1h", "series": [{"key": f"echo-{name}", "name": name, "unit": "m"}], "options": options}
        )  # fmt: skip
    (config / "sources.yaml").write_text(yaml.safe_dump({"sources": rows}, allow_unicode=True), "utf-8")
    given = {"IOC_CONFIG": str(config), "ECHO_TOKEN": PLANTED["ECHO_TOKEN"]}
    for name in ("ECHO_KEY", "IOC_SECRET"):
        path = folder / name
        path.write_text(PLANTED[name] + "\n", "utf-8")
        path.chmod(0o600)
        given[f"{name}_FILE"] = str(path)
    program = Program(folder / "data", **given)
    try:
        yield program.start()
        assert program.stop() == 0
    finally:
        program.kill_all()


def test_what_was_planted_reached_the_sources_and_nobody_else(telling: Program) -> None:
    def settled() -> bool:
        states = {key: one["state"] for key, one in telling.sources().items() if key.startswith("echo-")}
        return len(states) == len(PATHS) and not set(states.values()) & {"waiting", "late"}

    until(settled, 30, "every echo was heard")
    until(lambda: len(heard) > 2 * len(PATHS), 30, "they were asked more than once")
    assert any(PLANTED["ECHO_KEY"] in one for one in heard)
    assert any(PLANTED["ECHO_TOKEN"] in one for one in heard)
    written = {**answers(telling), **files(telling.data), "the log": telling.log.encode()}
    for pid in telling.everyone():
        environ = Path(f"/proc/{pid}/environ").read_bytes()
        assert not any(one in environ.lower() for name in ("ECHO_KEY", "IOC_SECRET") for one in forms(PLANTED[name]))
    leaks = [
        (where, name)
        for where, body in written.items()
        for name, secret in PLANTED.items()
        if any(form in body.lower() for form in forms(secret))
    ]
    assert not leaks
    assert b"<ECHO_KEY>" in written["ioc.db"] or b"&lt;ECHO_KEY&gt;" in written["live sources"], "nothing was masked"


def answers(program: Program) -> dict[str, bytes]:
    """What it answers, by what was asked: API, frames, pages, metrics, paper."""
    found = {}
    for name in ("kpis", "sources", "directives", "units", "events", "openapi.json", "readings?series=echo-good"):
        found[f"api {name}"] = program.ask(f"/api/v1/{name}")[2]
    for name in PAGES:
        for lang in ("vi", "en"):
            found[f"live {name}" if lang == "vi" else f"live {name} en"] = program.ask(f"/live/{name}?lang={lang}")[2]
    for path in ("/", "/nguon", "/metrics", "/readyz"):
        found[path] = program.ask(path)[2]
    status, headers, body = program.ask("/pdf/nguon", seconds=45)
    while status == 202:
        status, headers, body = program.ask(headers["Location"], seconds=45)
    assert status == 200, body[:200]
    found["paper"] = "".join(one.text for one in sheets(body)).encode() + body
    return found


def files(data: Path) -> dict[str, bytes]:
    """All that lies in its folder, and the text of every table."""
    found = {str(path.relative_to(data)): path.read_bytes() for path in data.rglob("*") if path.is_file()}
    with closing(sqlite3.connect(f"file:{data / 'ioc.db'}?mode=ro", uri=True)) as store:
        found["ioc.db"] += "\n".join(store.iterdump()).encode()
    return found
