"""Webhooks: the signature of the standard, ids of messages, pauses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, TaskEvent
from ioc.domain.directives.webhook import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    SELDOM,
    WebhookCode,
    WebhookState,
    headers,
    message_id,
    retry_pause,
    signing_key,
)
from ioc.domain.ingest.errors import IngestCode

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
FAILURE = Failure(WebhookCode.REFUSED, {"status": 500})


def test_signature_is_that_of_the_standards_own_example() -> None:
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    assert headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}') == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }  # fmt: skip


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_abc", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "A" * 92]
)
def test_secret_of_another_form_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match=r"base64|secret"):
        signing_key(secret)


def test_number_that_is_used_again_after_a_restore_has_another_id() -> None:
    event = TaskEvent(7, "d/1", Act.RECEIVE, NOW, "nguoi-a", "gd-a")
    assert message_id(event) == message_id(replace(event))
    others = [
        replace(event, at=NOW + timedelta(milliseconds=1)),
        replace(event, act=Act.STAR),
        replace(event, task="d/2"),
    ]
    assert len({message_id(each) for each in (event, *others)}) == 4


@given(st.lists(st.tuples(st.booleans(), st.timedeltas(timedelta(days=-40), timedelta(days=40))), max_size=60))
def test_whatever_fails_and_whatever_the_clock_does_it_is_tried_again_within_a_day(
    steps: list[tuple[bool, timedelta]],
) -> None:
    state, now = WebhookState(0), NOW
    for number, (is_taken, later) in enumerate(steps, 1):
        now += later
        state = state.after_success(number, number, now) if is_taken else state.after_failure(FAILURE, now)
        assert (state.failure is None) is is_taken is (state.retry_at is None) is (state.failures == 0)
        assert state.wait(now) <= SELDOM and not state.wait(now + SELDOM)
        assert (
            state.failing_since is None or state.wait(now) <= LONGEST_PAUSE or now - state.failing_since >= 5 * SELDOM
        )


OWN = [WebhookCode.KEY_MISSING, WebhookCode.SECRET_MALFORMED, IngestCode.SECRET_NOT_SET, ActCode.POSITION_NOT_VALID]


@pytest.mark.parametrize("code", OWN)
def test_what_is_missing_here_is_looked_for_every_quarter_of_an_hour(code: ErrorCode) -> None:
    state, now = WebhookState(0), NOW
    while now < NOW + 9 * SELDOM:
        state = state.after_failure(Failure(code), now)
        assert state.wait(now) <= LONGEST_PAUSE and state.failing_since == NOW
        now += max(state.wait(now), timedelta(hours=1))
    refused = state.after_failure(FAILURE, now)  # the receiver is asked for the first time
    assert (refused.wait(now), refused.failing_since, refused.failures) == (FIRST_PAUSE, now, 1)
    for _ in range(150):
        now += timedelta(hours=1)
        refused = refused.after_failure(FAILURE, now)
    assert refused.wait(now) == SELDOM
    assert refused.after_failure(Failure(code), now).wait(now) == FIRST_PAUSE


def test_pauses_grow_and_are_bounded() -> None:
    pauses = [retry_pause(failures, timedelta(0)) for failures in range(1, 200)]
    assert pauses == sorted(pauses) and pauses[0] == timedelta(seconds=5) and pauses[-1] == LONGEST_PAUSE
