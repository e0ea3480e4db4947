"""JSON of very many lists and objects is rejected before a parser makes them."""

import orjson
import pytest

from ioc.domain.ingest import decoding
from ioc.domain.ingest.decoding import DecodingCode, decode_json
from ioc.domain.ingest.protocol import ResponsePage, SourceError


@pytest.mark.parametrize("part", [b"[]", b"{}"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_json_of_too_many_parts_is_not_parsed(part: bytes, charset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_MAX_PARTS", 10)
    bodies = [(b"[" + b",".join([part] * count) + b"]").decode().encode(charset) for count in (9, 10)]
    assert decode_json(ResponsePage(bodies[0]), orjson.loads) == [orjson.loads(part)] * 9
    with pytest.raises(SourceError) as raised:
        decode_json(ResponsePage(bodies[1]), _not_called if charset == "utf-8" else orjson.loads)
    assert raised.value.failure.code == DecodingCode.TOO_MANY_PARTS


def _not_called(_body: bytes) -> None:
    pytest.fail("parsed")


def test_outlines_of_a_large_answer_are_parsed() -> None:
    body = b'{"features":[' + b"[105.7123,10.0123]," * 880_000 + b"[]]}"
    assert len(body) < 17 * 1_048_576 and len(decode_json(ResponsePage(body), orjson.loads)["features"]) == 880_001
