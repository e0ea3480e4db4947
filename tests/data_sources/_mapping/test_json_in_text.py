"""JSON inside a text on the way to the items is told as such."""

from typing import Any

import orjson
import pytest

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import raises_failure
from tests.data_sources.server import NOW, row


def read(answer: Any, items: str) -> Batch:
    source = row(options={"items": items, "series": "{n}", "value": "v"}, protocol="http_json")
    return protocols()["http_json"].parse(source, Payload((ResponsePage(orjson.dumps(answer)),)), NOW)


@pytest.mark.parametrize("items", ["d", "d.Data"])
@pytest.mark.parametrize("text", ['{"Data": [{"n": "a", "v": 1}]}', ' [{"n": "a", "v": 1}]'])
def test_text_with_json_is_named(items: str, text: str) -> None:
    with raises_failure(MappingCode.JSON_IN_TEXT, path="d"):
        read({"d": text}, items)


def test_other_texts_are_nothing() -> None:
    with raises_failure(MappingCode.NOTHING_AT_PATH):
        read({"d": "none"}, "d.Data")
