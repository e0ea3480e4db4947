"""Programs of other machines: a real Prometheus reads /metrics with the key that the command line gave it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.data_sources.prometheus_server import prometheus
from tests.system.conftest import running
from tests.system.program import Program, command, until

pytestmark = pytest.mark.slow
WHY = "the control room's own network"


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory, quick_config: Path) -> Iterator[Program]:
    """Bound to every address of this machine: nobody looks without signing in."""
    folder = tmp_path_factory.mktemp("wide")
    yield from running(Program(folder / "data", IOC_CONFIG=str(quick_config), HOST="0.0.0.0", IOC_PLAIN_HTTP=WHY))


def asked(base: str, query: str) -> dict[str, float]:
    """What Prometheus answers now, by job."""
    try:
        with urlopen(f"{base}/api/v1/query?{urlencode({'query': query})}", timeout=5) as answer:
            found: list[Any] = json.load(answer)["data"]["result"]
    except (OSError, URLError):
        return {}
    return {one["metric"]["job"]: float(one["value"][1]) for one in found}


def test_a_real_prometheus_reads_with_its_key_until_it_is_revoked(wide: Program, tmp_path: Path) -> None:
    made = command(wide.data, "api-key", "add", "Prometheus", "metrics", "127.0.0.0/8")
    key = next(word for word in made.stdout.split() if word.startswith("ioc-"))
    target = {"static_configs": [{"targets": [f"127.0.0.1:{wide.port}"]}]}
    with_key = {**target, "authorization": {"credentials": key}}
    with prometheus(tmp_path, centre=with_key, stranger=target) as base:
        until(lambda: asked(base, "ioc_store_up").get("centre") == 1, 30, "Prometheus has scraped the centre")
        expected = {"centre": 1.0, "stranger": 0.0}.items()
        until(lambda: expected <= asked(base, "up").items(), 30, "only whoever shows the key is let in")
        assert command(wide.data, "api-key", "revoke", "prometheus").returncode == 0
        until(lambda: asked(base, "up").get("centre") == 0, 10, "the key is nothing any more")
    listed = command(wide.data, "api-key", "list").stdout
    assert "đã thu hồi" in listed and key not in listed


def test_a_key_for_the_api_reads_it_and_nothing_else(wide: Program) -> None:
    made = command(wide.data, "api-key", "add", "Báo cáo", "api")
    key = next(word for word in made.stdout.split() if word.startswith("ioc-"))
    shown = {"Authorization": f"Bearer {key}", "Host": "ioc.test"}
    for path, status in (("/api/v1/kpis", 200), ("/api/v1/events", 200), ("/metrics", 403), ("/", 401),
                         ("/live/overview", 401), ("/quan-tri/chuong-trinh", 401)):  # fmt: skip
        assert wide.ask(path, shown)[0] == status, path
    assert wide.ask("/api/v1/kpis", shown, method="POST")[0] == 405
