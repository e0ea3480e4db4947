"""A wrong option of any protocol is said in both languages."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.ui.error_messages import config_error_text
from data_sources import protocols
from ioc.config.errors import ConfigError
from ioc.config.loading import load

_ROOT = Path(__file__).parents[2]
ONE: dict[str, Any] = {"series": "a", "value": "b"}
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("cameras", {}), ("cap", {"alerts": 0}), ("rss", {"topics": {"a": [" "]}}), ("geojson", {"value": "x"}),
    ("gtfs_rt", {"delay": "{line}"}), ("http_json", {"series": "a"}), ("http_json", {**ONE, "time_format": "x"}),
    ("http_json", {**ONE, "zone": "Hanoi"}), ("http_json", {**ONE, "items": "a["}),
    ("http_json", {**ONE, "places": {"a": "b"}}),
    ("kiwis", {"ts": ["1"], "group": "g"}), ("kiwis", {"ts": ["a b"]}), ("mqtt", {"topics": ["a/+b"], **ONE}),
    ("mqtt", {"topics": [""], **ONE}), ("mqtt", {"topics": ["a/#/b"], **ONE}),
    ("mqtt", {"topics": ["a"], "format": "x"}),
    ("ngsi", {"values": {"a": "b"}, "push": True}), ("ngsi", {"values": {}}), ("open311", {"jurisdiction": "x"}),
    ("open_meteo", {"product": "weather", "points": [{"key": "a", "lat": 10, "lon": 105}]}),
    ("openaq", {}), ("openaq", {"bbox": "1,2"}), ("openaq", {"stations": [1, 2], "most": 1}),
    ("prometheus", {"queries": {}}), ("prometheus", {"queries": {"a": "up"}, "units": {"b": "m"}}),
    ("sensorthings", {"newest": 0}), ("sensorthings", {"order": "x"}), ("spreadsheet", {"columns": {"a": "b"}}),
    ("sql_view", {"query": "DELETE FROM x", **ONE}), ("sql_view", {"query": "SELECT 1; SELECT 2", **ONE}),
    ("sql_view", {"query": "SELECT :a", **ONE}), ("sql_view", {"query": "SELECT 1", "parameters": {"a": 1}, **ONE}),
    ("tt10", {"series": "{name}"}), ("tt10", {"folders": "../x"}), ("tt10", {"glob": "/x"}),
    ("tt10", {"password": "a"}),
    ("tt10", {"password": "${A}", "key": "${B}"}), ("tt10", {"host_key": "x"}), ("waterml", {"kind": "x"}),
    ("webhook", dict(ONE)),
]  # fmt: skip


def write(folder: Path, protocol: str, options: dict[str, Any], address: str = "https://a.example.org/x") -> None:
    """A folder of the city's configuration with one more row."""
    row = {
        "key": "moi", "name": "Mới", "protocol": protocol, "address": address, "every": "60s",
        "deadline": "5s", "age_limit": "5m", "owner": "ubnd", "licence": "nội bộ",
        "series": [{"key": "a", "name": "A", "unit": "m"}], "options": options,
    }  # fmt: skip
    body = yaml.safe_dump({"extends": True, "sources": [row]}, allow_unicode=True, sort_keys=False)
    (folder / "city.yaml").write_text(f"extends: {_ROOT / 'config' / 'cantho'}\n", "utf-8")
    (folder / "sources.yaml").write_text(body, "utf-8")


@pytest.mark.parametrize(("protocol", "options"), WRONG, ids=[f"{one}-{n}" for n, (one, _) in enumerate(WRONG)])
def test_a_wrong_option_is_said_in_vietnamese_too(tmp_path: Path, protocol: str, options: dict[str, Any]) -> None:
    write(tmp_path, protocol, options)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {}, protocols(), today=date(2026, 11, 24))
    for one in caught.value.faults:
        for kept in filter(None, (one.message, one.suggestion)):
            assert config_error_text(kept, "vi") != kept and config_error_text(kept, "en") == kept, kept


ADDRESSED = [
    ("sql_view", "/srv/his.db", False), ("sql_view", "postgresql://a:b@his.example.org/his", False),
    ("sql_view", "postgresql://a:${HIS_PASSWORD}@his.example.org/his", True),
    ("sql_view", "sqlite:////srv/his.db", True),
    ("mqtt", "broker.example.org:1883", False), ("mqtt", "mqtts://a:b@broker.example.org", False),
    ("mqtt", "mqtts://broker.example.org", True),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "address", "good"), ADDRESSED)
def test_an_address_of_another_kind_or_with_a_password_is_said(
    tmp_path: Path, protocol: str, address: str, good: bool
) -> None:
    options = {"query": "SELECT 1", **ONE} if protocol == "sql_view" else {"topics": ["a"], **ONE}
    write(tmp_path, protocol, options, address)
    if good:
        load(tmp_path, {"HIS_PASSWORD": "x"}, protocols(), today=date(2026, 11, 24))
        return
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {}, protocols(), today=date(2026, 11, 24))
    (one,) = caught.value.faults
    assert (
        config_error_text(one.message, "vi") != one.message
        and config_error_text(one.suggestion, "vi") != one.suggestion
    )
