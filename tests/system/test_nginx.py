"""The program behind a real nginx with the project's own configuration: TLS, addresses, cookies, slow clients."""

import datetime
import ipaddress
import json
import os
import re
import shutil
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ioc.web.server.bodies import READ_SECONDS
from simulator import server_guard
from simulator.free_ports import free_port
from tests.system.conftest import running
from tests.system.program import ROOT, SLOWNESS, Program, command, until

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
CLIENT = "127.0.0.2"  # another address of this machine, which is no trusted proxy
NEW_PASSWORD = "một câu dài của riêng tôi 27"
SLOW_CLIENTS = 100
PIPELINING_CLIENTS = 4
FRAMES = 10
MAX_DELAY_SECONDS = READ_SECONDS - 2  # which others may cause: far less than if a frame waited for one of them

pytestmark = [pytest.mark.slow, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]


@dataclass
class Site:
    """The address of nginx, its certificate, and the program behind it."""

    program: Program
    port: int
    plain_port: int
    tls: ssl.SSLContext

    def ask(self, path: str, *, method: str = "GET", body: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers (by lower-case name; repeated ones joined by line ends) and text, for a client at CLIENT."""
        connection = HTTPSConnection("127.0.0.1", self.port, timeout=30, source_address=(CLIENT, 0), context=self.tls)
        try:
            connection.request(
                method, path, body or None, {key.replace("_", "-"): text for key, text in headers.items()}
            )
            answer = connection.getresponse()
            joined: dict[str, str] = {}
            for name, text in answer.getheaders():
                joined[name.lower()] = f"{joined[name.lower()]}\n{text}" if name.lower() in joined else text
            return answer.status, joined, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, quick_config: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    write_certificate(folder)
    port, plain_port = free_port(), free_port()
    for program in running(Program(folder / "data", IOC_CONFIG=str(quick_config), IOC_PROXY="127.0.0.1")):
        (folder / "nginx.conf").write_text(configuration(folder, program.port, port, plain_port), "utf-8")
        start = [str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
        with (folder / "log").open("wb") as log, server_guard.start(start, log) as guard:
            until(partial(_accepts, port), 10, "nginx listens")
            yield Site(program, port, plain_port, ssl.create_default_context(cafile=str(folder / "fullchain.pem")))
            guard.terminate()


def configuration(folder: Path, program_port: int, port: int, plain_port: int) -> str:
    """deploy/nginx.conf with the ports and files of this test, as a complete configuration."""
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    for old, new in (
        ("127.0.0.1:8050", f"127.0.0.1:{program_port}"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("listen 80;", f"listen 127.0.0.1:{plain_port};"),
        ("/etc/ssl/ioc/", f"{folder}/"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    text = re.sub(r".*listen \[::\].*\n", "", text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""  # its workers may enter the folder of the test
    return (
        f"daemon off; {user} pid {folder}/pid; error_log stderr warn;\nevents {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; {temporary}\n{text} }}\n"
    )


def write_certificate(folder: Path) -> None:
    """A certificate of this machine, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip


def limited_client(folder: Path, addresses: Sequence[str]) -> list[str]:
    """Whom the limits of deploy/nginx.conf count each address as."""
    text, port = (ROOT / "deploy" / "nginx.conf").read_text("utf-8"), free_port()
    mapped = re.search(r"^map .*?^}", text, re.MULTILINE | re.DOTALL)
    assert mapped and len(re.findall(r"_zone \$ioc_client ", text)) == 3 and "_zone $binary" not in text
    server = f"server {{ listen 127.0.0.1:{port}; set_real_ip_from 127.0.0.1; real_ip_header X-Client; return 200 "
    http = f'access_log off; {mapped[0]}\n{server} "$ioc_client"; }}'
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr warn;\nevents {{}}\nhttp {{ {http} }}\n"
    )
    start = [str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    found = []
    with (folder / "log").open("wb") as log, server_guard.start(start, log) as guard:
        until(partial(_accepts, port), 10, "nginx listens")
        for address in addresses:
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/", headers={"X-Client": address})
            found.append(connection.getresponse().read().decode())
            connection.close()
        guard.terminate()
    return found


def test_limits_count_the_addresses_of_an_ipv6_network_as_one(tmp_path: Path) -> None:
    one = ["2001:db8:0:5::1", "2001:db8:0:5:ffff::2", "2001:db8:0:5:1:2:3:4"]
    others = ["2001:db8:0:6::1", "2001:db8:1::1", "192.0.2.1", "192.0.2.2"]
    found = limited_client(tmp_path, one + others)
    assert len({*found[: len(one)]}) == 1 and len({*found}) == 1 + len(others)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def posted(site: Site, path: str, cookies: dict[str, str], *values: str) -> tuple[int, dict[str, str], str]:
    """Loads the form at `path`, fills its visible fields in their order, and posts it; `cookies` are updated."""
    _, headers, page = site.ask(path, Cookie=_joined(cookies), Sec_Fetch_Site="none")
    cookies.update(_set_cookies(headers))
    inputs = re.findall(r"<input[^>]*>", page.partition("<main")[2].partition("</form>")[0])
    fields, texts = {}, iter(values)
    for tag in inputs:
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name
        fields[name[1]] = (value[1] if value else "") if 'type="hidden"' in tag else next(texts)
    form = {"Content_Type": "application/x-www-form-urlencoded", "Origin": f"https://127.0.0.1:{site.port}"}
    status, headers, text = site.ask(path, method="POST", body=urlencode(fields), Cookie=_joined(cookies), **form)
    cookies.update(_set_cookies(headers))
    return status, headers, text


def _joined(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def _set_cookies(headers: dict[str, str]) -> dict[str, str]:
    lines = headers.get("set-cookie", "").split("\n")
    return dict(line.partition(";")[0].split("=", 1) for line in lines if "=" in line)


@pytest.fixture(scope="module")
def session(site: Site) -> dict[str, str]:
    """The cookies of a viewer who has signed in and set a password."""
    added = command(site.program.data, "account", "add", "xem", "viewer")
    once = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", added.stdout)
    assert once, added.stdout + added.stderr
    cookies: dict[str, str] = {}
    status, headers, text = posted(site, "/dang-nhap", cookies, "xem", once[0])
    assert status == 303, text
    session_line = next(line for line in headers["set-cookie"].split("\n") if "session" in line)
    assert session_line.startswith("__Host-ioc-session=")
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= {part.strip() for part in session_line.split(";")}
    status, _, text = posted(site, "/tai-khoan/mat-khau", cookies, NEW_PASSWORD, NEW_PASSWORD)
    assert status == 303, text
    return cookies


@pytest.mark.parametrize("host", ["evil.example", "ioc.example.vn:81", "[::1]"])
def test_plain_http_leads_to_the_name_of_the_site_whatever_its_host_says(site: Site, host: str) -> None:
    connection = HTTPConnection("127.0.0.1", site.plain_port, timeout=30)
    try:
        connection.request("GET", "/ban-do?a=1", headers={"Host": host})
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("location")) == (301, "https://ioc.example.vn/ban-do?a=1")
    finally:
        connection.close()


def test_a_request_counts_as_from_its_client_over_tls(site: Site) -> None:
    status, headers, _ = site.ask("/dang-nhap")
    assert status == 200 and headers["strict-transport-security"].startswith("max-age=")
    assert "server" not in headers or "/" not in headers["server"]


def denied_addresses(site: Site, target: str) -> set[str]:
    """The clients in the audit log of one target; denials are written in the background."""
    entries = [json.loads(line) for line in command(site.program.data, "audit", "export").stdout.splitlines()]
    return {entry["address"] for entry in entries if entry["target"] == target}


def test_forwarded_headers_of_a_client_change_nothing(site: Site) -> None:
    hostile = {
        "X_Forwarded_For": "127.0.0.1",
        "X_Forwarded_Proto": "http",
        "Forwarded": "for=127.0.0.1",
        "X_Real_IP": "::1",
    }
    until(lambda: site.ask("/live/overview", **hostile)[0] == 401, 20, "a frame is denied")
    assert site.ask("/", Host="localhost", **hostile)[0] == 303
    until(lambda: denied_addresses(site, "/live/overview"), 20, "the denial is in the audit log")
    assert denied_addresses(site, "/live/overview") == {CLIENT}


def test_a_session_works_behind_the_proxy(site: Site, session: dict[str, str]) -> None:
    status, headers, body = site.ask("/live/overview", Cookie=_joined(session))
    assert status == 200 and body.startswith("{")
    again = site.ask("/live/overview", Cookie=_joined(session), If_None_Match=headers["etag"])
    assert again[0] in (200, 304)


def test_another_origin_and_scheme_are_refused(site: Site, session: dict[str, str]) -> None:
    for origin in ("http://127.0.0.1", f"http://127.0.0.1:{site.port}", "https://elsewhere.example"):
        status, _, _ = site.ask(
            "/tai-khoan/mat-khau", method="POST", body="a=1", Cookie=_joined(session), Origin=origin
        )
        assert status == 403, origin


@pytest.mark.parametrize(("path", "megabytes"), [("/_dash-update-component", 3), ("/vao/x", 3), ("/files/x", 17)])
def test_a_large_body_is_refused_before_it_is_read(site: Site, path: str, megabytes: int) -> None:
    connection = HTTPSConnection("127.0.0.1", site.port, timeout=30, source_address=(CLIENT, 0), context=site.tls)
    with closing(connection):
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(megabytes * 1_048_576))
        connection.endheaders()
        assert connection.getresponse().status == 413


def test_a_file_reaches_the_program(site: Site, session: dict[str, str]) -> None:
    headers = {"Cookie": _joined(session), "Content-Type": "application/octet-stream", "Sec-Fetch-Site": "same-origin"}
    status, _, text = site.ask("/files/evidence", method="POST", body="x" * 5_000_000, **headers)
    assert status == 403 and json.loads(text)["code"] == "request.not_permitted"  # of a viewer


def slowest_frame(site: Site, session: dict[str, str]) -> float:
    """The longest time of a few frames, in seconds."""
    times = []
    for _ in range(FRAMES):
        began = time.monotonic()
        assert site.ask("/live/overview", Cookie=_joined(session))[0] == 200
        times.append(time.monotonic() - began)
    return max(times)


def test_slow_clients_do_not_delay_frames(site: Site, session: dict[str, str]) -> None:
    alone = slowest_frame(site, session)
    head = f"POST /dang-nhap HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nContent-Length: 100000\r\n\r\nx".encode()
    with ExitStack() as stack:
        for number in range(SLOW_CLIENTS):
            raw = stack.enter_context(socket.create_connection(("127.0.0.1", site.port), 5, (CLIENT, 0)))
            link = stack.enter_context(site.tls.wrap_socket(raw, server_hostname="127.0.0.1"))
            link.sendall(head if number % 2 else head[:40])
        assert slowest_frame(site, session) < SLOWNESS * alone + MAX_DELAY_SECONDS


def test_pipelined_requests_do_not_delay_frames_and_count_to_the_limit_of_rate(
    site: Site, session: dict[str, str]
) -> None:
    request = f"GET /api/v1/kpis HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode()
    alone = slowest_frame(site, session)
    with ExitStack() as stack:
        links = []
        for _ in range(PIPELINING_CLIENTS):
            raw = stack.enter_context(socket.create_connection(("127.0.0.1", site.port), 20, ("127.0.0.3", 0)))
            links.append(stack.enter_context(site.tls.wrap_socket(raw, server_hostname="127.0.0.1")))
            links[-1].sendall(request * 100)
        assert slowest_frame(site, session) < SLOWNESS * alone + MAX_DELAY_SECONDS
        received = b""
        while b"HTTP/1.1 429" not in received:
            received += links[0].recv(65_536) or pytest.fail("closed")
