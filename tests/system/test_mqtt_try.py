"""The commands of docs/protocols/mqtt.md as documented: a server, a message, a row, and the output of `try`."""

import re
import shlex
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from simulator.free_ports import free_port
from tests.data_sources.broker import program, until
from tests.system.program import command

pytestmark = pytest.mark.slow
_ROOT = Path(__file__).parents[2]
_PORT = "18883"


def listens(port: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(port)), 1).close()
    except OSError:
        return False
    return True


def test_documented_commands_and_row_give_a_reading(tmp_path: Path) -> None:
    if shutil.which("mosquitto_pub") is None:
        pytest.skip("mosquitto_pub is not installed: apt-get install mosquitto-clients gives it to this test")
    page, port = (_ROOT / "docs" / "protocols" / "mqtt.md").read_text("utf-8"), str(free_port())
    section = page.partition("## To try it on one machine")[2].replace(_PORT, port)
    blocks = dict(re.findall(r"^```(sh|yaml)\n(.*?)^```", section, re.MULTILINE | re.DOTALL))
    (tmp_path / "city.yaml").write_text(f"extends: {_ROOT / 'config' / 'cantho'}\n", "utf-8")
    (tmp_path / "sources.yaml").write_text(blocks["yaml"], "utf-8")
    _, serve, publish = blocks["sh"].splitlines()
    words = shlex.split(serve.removesuffix("&"))
    with subprocess.Popen([program(), *words[1:]], stderr=subprocess.DEVNULL) as server:
        try:
            until(lambda: listens(port), "the server answers")
            subprocess.run(["sh", "-c", publish], check=True, timeout=60)
            tried = command(tmp_path / "data", "try", "tram-thu", IOC_CONFIG=str(tmp_path))
        finally:
            server.terminate()
    assert tried.returncode == 0, tried.stderr
    assert re.search(r"muc-nuoc-thu +\S+ 1,52 m", tried.stdout), tried.stdout
