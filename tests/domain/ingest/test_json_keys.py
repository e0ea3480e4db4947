"""A key that comes twice in one object of JSON: different values are never decided by their order."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import FailureError
from ioc.domain.ingest.decoding import DecodingCode, decode_json
from ioc.domain.ingest.protocol import ResponsePage
from tests.data_sources.failures import raises_failure


def decode(body: str | bytes) -> Any:
    return decode_json(ResponsePage(body if isinstance(body, bytes) else body.encode()), orjson.loads)


@pytest.mark.parametrize(
    "body",
    [
        '{"a": 1, "a": 2}',
        '{"a" : 1, "b": 2, "a"\n:\t2}',
        '[{"b": {"a": 1, "c": 3, "a": true}}]',
        '{"a": 1, "\\u0061": 2}',  # one key in two spellings
        '{"a": {"b": 1}, "a": {"c": 1}}',
        '{"a": "\\":", "a": "x"}',
        '{"t": "\\":", "a": 1, "a" : 2}',
        '{"a": 1, "a": NaN}',
        '{"a": 1e400, "a": 2}',
        '{"a": 1, "a": 2}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a": 1, "a": 2}',
        '{"a": 1, "a": {"deep": ' + "[" * 70 + "]" * 70 + "}}",
    ],
)
def test_different_values_of_one_key_are_rejected(body: str | bytes) -> None:
    with raises_failure(DecodingCode.KEY_TWICE, key="a"):
        decode(body)


@pytest.mark.parametrize(
    "body", ['{"a": 1, "a": 1}', '[{"a": {"b": [1]}, "a": {"b": [1]}}]', '{"a": null, "b": {"a": 1}, "a": null}']
)
def test_equal_values_of_one_key_are_one(body: str) -> None:
    assert decode(body) == orjson.loads(body)


def test_text_that_looks_like_a_member_is_no_key() -> None:
    body = '[{"a": ":x", "b": "\\": 5", "\\":": 1}, "{\\"a\\": 1, \\"a\\": 2}"]'
    assert decode(body) == json.loads(body)


def test_only_the_key_is_named() -> None:
    with pytest.raises(FailureError) as caught:
        decode('{"phone": "0901", "phone": "0902"}')
    assert "090" not in str(caught.value.failure.to_json())


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('":,a \\', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('":a', max_size=2), inner, max_size=3),
)


@given(PLAIN, st.sampled_from([None, 1]))
def test_any_document_without_such_a_key_is_read(document: Any, indent: int | None) -> None:
    assert decode(json.dumps(document, indent=indent)) == document


@given(PLAIN, PLAIN, PLAIN, st.sampled_from(['"a":', '"a" : ', '"\\u0061"\n:']))
def test_any_two_values_of_one_key_are_rejected_unless_equal(first: Any, between: Any, last: Any, key: str) -> None:
    body = f'[{{"a": {json.dumps(first)}, "b": {json.dumps(between)}, {key}{json.dumps(last)}}}]'
    if json.dumps(first) == json.dumps(last):
        assert decode(body) == [{"a": first, "b": between}]
    else:
        with raises_failure(DecodingCode.KEY_TWICE, key="a"):
            decode(body)
