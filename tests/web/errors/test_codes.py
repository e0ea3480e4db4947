"""Each code has one status, and a denial is told from input by its code."""

import pytest

from ioc.auth.errors import INPUT_CODES, AuthCode
from ioc.domain.access.principal import RevokedReason
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.submissions.errors import SubmissionCode
from ioc.web.errors.codes import DENIAL_REASONS, RequestCode, is_denial, status_of


@pytest.mark.parametrize(
    ("code", "status", "is_denied"),
    [
        (RequestCode.LOGIN_REQUIRED, 401, True),
        (RequestCode.CROSS_ORIGIN, 403, True),
        (RequestCode.ORIGIN_MISSING, 403, True),
        (RequestCode.RATE_LIMITED, 429, True),
        (RequestCode.FORWARDED, 400, True),
        (RequestCode.PURPOSE_MISSING, 400, True),
        (RequestCode.MALFORMED, 400, False),
        (RequestCode.NOT_FOUND, 404, False),
        (RequestCode.STORE_UNAVAILABLE, 503, False),
        (RevokedReason.SESSION_ENDED, 401, True),
        (AuthCode.LOGIN_FAILED, 403, True),
        (AuthCode.LAST_ADMINISTRATOR, 409, True),
        (AuthCode.BUSY, 429, True),
        (AuthCode.OIDC_UNAVAILABLE, 503, True),
        (SubmissionCode.OWN_SUBMISSION, 409, True),
        (SubmissionCode.FILE_TYPE, 415, True),
        (SubmissionCode.FILE_UNREADABLE, 422, True),
        (SubmissionCode.FILE_MISSING, 422, False),
        (SubmissionCode.UNKNOWN_PERIOD, 404, False),
    ],
)
def test_status_and_denial_follow_from_the_code(code: ErrorCode, status: int, is_denied: bool) -> None:
    failure = Failure(code)
    assert status_of(failure) == status and is_denial(failure, status) == is_denied


@pytest.mark.parametrize("code", sorted(INPUT_CODES))
def test_mistyped_input_is_no_denial(code: AuthCode) -> None:
    assert not is_denial(Failure(code), status_of(Failure(code)))


@pytest.mark.parametrize("status", sorted(DENIAL_REASONS))
def test_reason_of_a_status_has_that_status(status: int) -> None:
    assert status_of(Failure(DENIAL_REASONS[status])) == status
