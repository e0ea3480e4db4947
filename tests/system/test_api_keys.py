"""API keys: a real Prometheus reads /metrics with a key made by the command."""

import json
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.data_sources.prometheus_server import prometheus
from tests.system.program import Program, command, until

pytestmark = pytest.mark.slow


def query_prometheus(base: str, query: str) -> dict[str, float]:
    """The newest value of each job that Prometheus has."""
    try:
        with urlopen(f"{base}/api/v1/query?{urlencode({'query': query})}", timeout=5) as answer:
            result: list[Any] = json.load(answer)["data"]["result"]
    except (OSError, URLError):
        return {}
    return {series["metric"]["job"]: float(series["value"][1]) for series in result}


def test_prometheus_scrapes_with_its_key_until_it_is_revoked(wide: Program, tmp_path: Path) -> None:
    added = command(wide.data, "api-key", "add", "Prometheus", "metrics", "127.0.0.0/8")
    assert added.returncode == 0, added.stdout + added.stderr
    key = next(word for word in added.stdout.split() if word.startswith("ioc-"))
    target = {"static_configs": [{"targets": [f"127.0.0.1:{wide.port}"]}]}
    with_key = {**target, "authorization": {"credentials": key}}
    with prometheus(tmp_path, centre=with_key, stranger=target) as base:
        until(
            lambda: query_prometheus(base, "ioc_store_up").get("centre") == 1, 30, "Prometheus has scraped the centre"
        )
        expected = {"centre": 1.0, "stranger": 0.0}.items()
        until(lambda: expected <= query_prometheus(base, "up").items(), 30, "only the target with the key is scraped")
        assert command(wide.data, "api-key", "revoke", "prometheus").returncode == 0
        until(lambda: query_prometheus(base, "up").get("centre") == 0, 30, "the key is rejected after its revocation")
    listed = command(wide.data, "api-key", "list").stdout
    assert "đã thu hồi" in listed and key not in listed


def test_key_for_the_api_reads_nothing_else(wide: Program) -> None:
    added = command(wide.data, "api-key", "add", "Báo cáo", "api")
    assert added.returncode == 0, added.stdout + added.stderr
    key = next(word for word in added.stdout.split() if word.startswith("ioc-"))
    headers = {"Authorization": f"Bearer {key}", "Host": "ioc.test"}
    for path, status in (("/api/v1/kpis", 200), ("/api/v1/events", 200), ("/metrics", 403), ("/", 401),
                         ("/live/overview", 401), ("/quan-tri/chuong-trinh", 401)):  # fmt: skip
        assert wide.ask(path, headers)[0] == status, path
    assert wide.ask("/api/v1/kpis", headers, method="POST")[0] == 405
