"""Recordings and test data of other packages, read by our protocols."""

import ast
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson
import pytest

from data_sources import protocols
from data_sources.kiwis import KiwisCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import raises_failure
from tests.data_sources.server import NOW, row
from tests.peers.conftest import carried

_FORMS = {"ngsiv2": "v2", "ngsi-ld": "ld"}


def read(protocol: str, document: Any, **options: Any) -> Batch:
    source = row(options=options, protocol=protocol)
    return protocols()[protocol].parse(source, Payload((ResponsePage(orjson.dumps(document)),)), NOW)


def outputs() -> list[str]:
    """The printed outputs of the notebook of the service's own library."""
    (notebook,) = carried("kisters.water.time_series", "kiwis_adapter/basic_example.ipynb").values()
    cells = orjson.loads(notebook)["cells"]
    return ["".join(output["data"]["text/plain"]) for cell in cells for output in cell.get("outputs", ())]


def test_kiwis_recording_of_its_own_library_is_read() -> None:
    """The library prints an answer as it came: columns, data, rows, ts_id."""
    *_, answer, data = outputs()
    assert all(part in answer for part in ("columns", "Timestamp,Value", "48", "7411042"))
    points = ast.literal_eval(data.removeprefix("array([list(").partition(")],")[0])
    series = {"ts_id": "7411042", "rows": "48", "columns": "Timestamp,Value", "data": points}
    batch = read("kiwis", [series], unit="mm")
    assert not batch.rejected_items and len(batch.readings) == 48
    assert [reading.value for reading in batch.readings] == [value for _, value in points]
    times = [reading.observed for reading in batch.readings]
    assert batch.readings[24].value == 1.0 and times == [datetime.fromisoformat(time) for time, _ in points]
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(hours=1)}


def test_kiwis_answer_of_another_request_is_rejected() -> None:
    (recording,) = carried("kiwis_pie", "test_data/bom_parameter_list.request").values()
    parameters = orjson.loads(recording)
    with raises_failure(KiwisCode.LIST_WITHOUT_VALUES):
        read("kiwis", parameters)


def numbers(entity: dict[str, Any]) -> dict[str, float]:
    """The attributes with a number as their value, in the normalized form: type beside value."""
    return {
        name: attribute["value"]
        for name, attribute in entity.items()
        if isinstance(attribute, dict) and "type" in attribute and type(attribute.get("value")) in (int, float)
    }


@pytest.mark.parametrize("folder", _FORMS)
def test_ngsi_entities_of_the_iot_agents_are_read(folder: str) -> None:
    count = 0
    for path, body in carried("iotagent-node-lib", f"test/unit/{folder}/examples/contextRequests/").items():
        try:
            document = orjson.loads(body)
        except ValueError:
            continue  # some are invalid on purpose, or templates
        for entity in document if isinstance(document, list) else [document]:
            wanted = numbers(entity) if isinstance(entity, dict) and {"id", "type"} <= entity.keys() else {}
            if wanted:
                values = {f"s-{n}": {"attribute": name} for n, name in enumerate(wanted)}
                batch = read("ngsi", [entity], version=_FORMS[folder], time="", values=values)
                assert [reading.value for reading in batch.readings] == list(wanted.values()), path
                assert not batch.rejected_items, path
                count += len(wanted)
    assert count > 20


@pytest.mark.parametrize("folder", _FORMS)
def test_ngsi_notification_of_the_iot_agents_is_read(folder: str) -> None:
    path = f"{folder}/examples/subscriptionRequests/simpleNotification.json"
    (body,) = carried("iotagent-node-lib", path).values()
    notification = orjson.loads(body)
    (entity,) = notification["data"]
    assert notification["subscriptionId"] and entity["attr_name"]["value"] == "The Attribute Value"
    entity["attr_name"]["value"] = 3.5
    batch = read("ngsi", notification, version=_FORMS[folder], time="", values={"{id}": "attr_name"})
    assert [(reading.series, reading.value) for reading in batch.readings] == [("firstmicrolight", 3.5)]
