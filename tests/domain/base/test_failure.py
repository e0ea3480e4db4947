"""A failure survives JSON, masks what came from outside, and reads as one line in a log."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import ErrorCode, Failure, FailureError

plain = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.datetimes(timezones=st.just(UTC)))
names = st.sampled_from(["host", "status", "cause", "n"])
failures = st.recursive(
    st.builds(Failure, st.text(min_size=1), st.dictionaries(names, plain), st.text()),
    lambda inner: st.builds(Failure, st.text(min_size=1), st.dictionaries(names, st.one_of(plain, inner)), st.text()),
    max_leaves=4,
)


class _Code(ErrorCode):
    STATUS = "http.status"


@given(failures)
def test_failure_survives_json(failure: Failure) -> None:
    assert Failure.from_json(json.loads(json.dumps(failure.to_json()))) == failure


def test_code_of_an_enum_equals_the_stored_text() -> None:
    assert Failure(_Code.STATUS) == Failure("http.status") and type(Failure(_Code.STATUS).code) is str


def test_every_text_from_outside_is_mapped() -> None:
    cause = Failure("net.refused", {"host": "secret.example"})
    failure = Failure(_Code.STATUS, {"status": 500, "path": "/?key=secret", "cause": cause}, "secret token")
    masked = failure.map_text(lambda text: text.replace("secret", "***"))
    assert "secret" not in str(masked) and masked.params["status"] == 500


def test_error_reads_as_code_and_parameters() -> None:
    error = FailureError(_Code.STATUS, status=404, at=datetime(2026, 11, 26, tzinfo=UTC), external="no such page")
    assert str(error) == "http.status status=404 at=2026-11-26 00:00:00+00:00: 'no such page'"
    assert FailureError(error.failure).failure is error.failure
