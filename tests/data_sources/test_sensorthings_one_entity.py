"""The reason for one entity of SensorThings without its observations names the path to use."""

import json

import pytest

from data_sources.sensorthings.errors import SensorThingsCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import SourceError
from tests.data_sources.server import shared
from tests.data_sources.test_sensorthings import BASE, read


@pytest.mark.parametrize(
    ("kind", "parts", "key"),
    [("Datastreams", "Observations", "5"), ("Datastreams", "Observations", "'a-1'"), ("Things", "Datastreams", "7")],
)
def test_the_reason_for_one_entity_names_the_path_of_its_observations(kind: str, parts: str, key: str) -> None:
    document = {"@iot.id": 1, "name": "x", f"{parts}@iot.navigationLink": f"{BASE}/{kind}({key})/{parts}"}
    with pytest.raises(SourceError) as error:
        read(json.dumps(document).encode())
    assert error.value.failure == Failure(SensorThingsCode.ONE_ENTITY, {"path": f"{kind}({key})/{parts}"})


@pytest.mark.parametrize("path", ["Datastreams(5)", "Datastreams"])
def test_the_reason_for_a_real_datastream_names_its_path(path: str) -> None:
    with pytest.raises(SourceError) as error:
        read(shared("sensorthings/geonovum_dataStream1.json").read_bytes(), path=path)
    key = "5" if path.endswith(")") else "…"
    assert error.value.failure == Failure(SensorThingsCode.ONE_ENTITY, {"path": f"Datastreams({key})/Observations"})
