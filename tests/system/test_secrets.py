"""Secrets planted in a running centre: nothing that it writes, answers or prints contains them."""

import json
import sqlite3
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
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
    """The encodings in which a secret may be echoed."""
    encodings = {
        secret,
        quote(secret, safe=""),
        b64encode(secret.encode()).decode().rstrip("="),
        json.dumps(secret)[1:-1],
    }
    return [encoding.encode().lower() for encoding in encodings]


class Echo(BaseHTTPRequestHandler):
    """Echoes the whole request, secrets included: the worst that a source can do."""

    def do_GET(self) -> None:
        echo, name = f"{self.path} {self.headers['X-Key']}", self.path[1:].partition("?")[0]
        requests.append(echo)
        item = {
            "series": echo,
            "value": echo,
            "unit": echo,
            "time": "2026-11-24T09:00:00Z",
            "id": self.headers["X-Key"],
        }
        body = json.dumps({"items": [item, {**item, "series": "echo-good", "value": 1}]}) if name == "good" else echo
        status = {"refuses": 401, "moves": 302, "bad": 500}.get(name, 200)
        self.send_response(status, echo if status == 500 else None)
        self.send_header("Content-Type", "text/html" if name == "html" else "application/json")
        if status == 302:
            self.send_header("Location", f"http://{quote(self.headers['X-Key'])}.example/?{echo}".replace(" ", "%20"))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


requests: list[str] = []


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def echoing(tmp_path_factory: pytest.TempPathFactory, echo: int) -> Iterator[Program]:
    """A centre whose sources echo their requests; two of its secrets are in files."""
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
    settings = {"IOC_CONFIG": str(config), "ECHO_TOKEN": PLANTED["ECHO_TOKEN"]}
    for name in ("ECHO_KEY", "IOC_SECRET"):
        path = folder / name
        path.write_text(PLANTED[name] + "\n", "utf-8")
        path.chmod(0o600)
        settings[f"{name}_FILE"] = str(path)
    program = Program(folder / "data", **settings)
    try:
        yield program.start()
        assert program.stop() == 0
    finally:
        program.kill_all()


def test_planted_secrets_reach_only_the_sources(echoing: Program) -> None:
    def settled() -> bool:
        states = {key: source["state"] for key, source in echoing.sources().items() if key.startswith("echo-")}
        return len(states) == len(PATHS) and not set(states.values()) & {"waiting", "late"}

    until(settled, 30, "every echo source was polled")
    until(lambda: len(requests) > 2 * len(PATHS), 30, "they were polled more than once")
    assert any(PLANTED["ECHO_KEY"] in request for request in requests)
    assert any(PLANTED["ECHO_TOKEN"] in request for request in requests)
    written = {**answers(echoing), **files(echoing.data), "the log": echoing.log.encode()}
    for pid in echoing.processes():
        environ = b""
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            environ = Path(f"/proc/{pid}/environ").read_bytes()
        assert not any(form in environ.lower() for name in ("ECHO_KEY", "IOC_SECRET") for form in forms(PLANTED[name]))
    leaks = [
        (where, name)
        for where, body in written.items()
        for name, secret in PLANTED.items()
        if any(form in body.lower() for form in forms(secret))
    ]
    assert not leaks
    assert b"<ECHO_KEY>" in written["ioc.db"] or b"&lt;ECHO_KEY&gt;" in written["live sources"], "nothing was masked"


def answers(program: Program) -> dict[str, bytes]:
    """Its answers by request: API, frames, pages, metrics, PDF."""
    texts = {}
    for name in ("kpis", "sources", "directives", "units", "events", "openapi.json", "readings?series=echo-good"):
        texts[f"api {name}"] = program.answer(f"/api/v1/{name}")[2]
    for name in PAGES:
        for lang in ("vi", "en"):
            texts[f"live {name}" if lang == "vi" else f"live {name} en"] = program.answer(f"/live/{name}?lang={lang}")[
                2
            ]
    for path in ("/", "/nguon", "/metrics", "/readyz"):
        texts[path] = program.ask(path)[2]
    body = program.printed("/pdf/nguon")
    texts["pdf"] = "".join(page.text for page in sheets(body)).encode() + body
    return texts


def files(data: Path) -> dict[str, bytes]:
    """Every file of the data folder, with the text of every table."""
    contents = dict[str, bytes]()
    for path in data.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):  # the running program has removed it; a folder
            contents[str(path.relative_to(data))] = path.read_bytes()
    with closing(sqlite3.connect(f"file:{data / 'ioc.db'}?mode=ro", uri=True)) as store:
        contents["ioc.db"] += "\n".join(store.iterdump()).encode()
    return contents
