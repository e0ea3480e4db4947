"""What others recorded of servers, or wrote for their own tests, read by our protocols: the packages carry it."""

import ast
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from data_sources import protocols
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.server import NOW, row
from tests.peers.conftest import carried

_FORMS = {"ngsiv2": "v2", "ngsi-ld": "ld"}


def read(protocol: str, told: Any, **options: Any) -> Batch:
    source = row(options=options, protocol=protocol)
    return protocols()[protocol].parse(source, Payload((ResponsePage(orjson.dumps(told)),)), NOW)


def outputs() -> list[str]:
    """What the cells of the maker's notebook printed."""
    (told,) = carried("kisters.water.time_series", "kiwis_adapter/basic_example.ipynb").values()
    cells = orjson.loads(told)["cells"]
    return ["".join(one["data"]["text/plain"]) for cell in cells for one in cell.get("outputs", ())]


def test_kiwis_as_the_makers_own_library_recorded_its_server() -> None:
    """The library shows an answer's cells as they came: columns, data, rows, ts_id."""
    *_, answer, data = outputs()
    assert all(one in answer for one in ("columns", "Timestamp,Value", "48", "7411042"))
    points = ast.literal_eval(data.removeprefix("array([list(").partition(")],")[0])
    series = {"ts_id": "7411042", "rows": "48", "columns": "Timestamp,Value", "data": points}
    batch = read("kiwis", [series], unit="mm")
    assert not batch.rejected_items and len(batch.readings) == 48
    assert [one.value for one in batch.readings] == [value for _, value in points] and batch.readings[24].value == 1.0
    assert [one.observed for one in batch.readings] == [datetime.fromisoformat(at) for at, _ in points]
    assert {later.observed - one.observed for one, later in zip(batch.readings, batch.readings[1:], strict=False)} == {
        timedelta(hours=1)
    }


def test_a_list_that_a_kiwis_service_answered_is_refused_with_its_reason() -> None:
    (told,) = carried("kiwis_pie", "test_data/bom_parameter_list.request").values()
    listed = orjson.loads(told)
    batch = read("kiwis", listed)
    assert not batch.readings and len(batch.rejected_items) == len(listed) > 3
    assert {one.failure for one in batch.rejected_items} == {"the time series does not name its columns"}


def numbers(entity: dict[str, Any]) -> dict[str, float]:
    """The attributes that are plainly a number, by the words of the specifications: type beside value."""
    return {
        name: given["value"]
        for name, given in entity.items()
        if isinstance(given, dict) and "type" in given and type(given.get("value")) in (int, float)
    }


@pytest.mark.parametrize("folder", _FORMS)
def test_entities_as_the_agents_of_the_brokers_makers_send_them(folder: str) -> None:
    seen = 0
    for path, body in carried("iotagent-node-lib", f"test/unit/{folder}/examples/contextRequests/").items():
        try:
            told = orjson.loads(body)
        except ValueError:
            continue  # some of them are wrong on purpose, or templates
        for entity in told if isinstance(told, list) else [told]:
            wanted = numbers(entity) if isinstance(entity, dict) and {"id", "type"} <= entity.keys() else {}
            if wanted:
                values = {f"s-{n}": {"attribute": name} for n, name in enumerate(wanted)}
                batch = read("ngsi", [entity], version=_FORMS[folder], time="", values=values)
                assert [one.value for one in batch.readings] == list(wanted.values()) and not batch.rejected_items, path
                seen += len(wanted)
    assert seen > 20


@pytest.mark.parametrize("folder", _FORMS)
def test_a_notification_as_the_brokers_makers_wrote_it(folder: str) -> None:
    (told,) = carried("iotagent-node-lib", f"{folder}/examples/subscriptionRequests/simpleNotification.json").values()
    notification = orjson.loads(told)
    (entity,) = notification["data"]
    assert notification["subscriptionId"] and entity["attr_name"]["value"] == "The Attribute Value"
    entity["attr_name"]["value"] = 3.5
    batch = read("ngsi", notification, version=_FORMS[folder], time="", values={"{id}": "attr_name"})
    assert [(one.series, one.value) for one in batch.readings] == [("firstmicrolight", 3.5)]
