"""Each code has one status, and a denial is told from input by its code."""

import pytest

from ioc.auth.errors import INPUT_CODES, AuthCode
from ioc.domain.access.principal import RevokedReason
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.submissions.errors import SubmissionCode
from ioc.web.errors.codes import ApiCode, CameraStreamCode, PdfCode, RequestCode, WebhookRequestCode
from ioc.web.errors.request_error import DENIAL_REASONS, RequestError, is_denial, status_of
from ioc.worker.jobs import PrintCode


@pytest.mark.parametrize(
    ("code", "status", "is_denied"),
    [
        (RequestCode.LOGIN_REQUIRED, 401, True),
        (RequestCode.CROSS_ORIGIN, 403, True),
        (RequestCode.ORIGIN_MISSING, 403, True),
        (RequestCode.RATE_LIMITED, 429, True),
        (RequestCode.FORWARDED, 400, True),
        (AuthCode.PURPOSE_MISSING, 400, True),
        (AuthCode.NO_PERSONAL_DATA, 404, True),
        (RequestCode.MALFORMED, 400, False),
        (RequestCode.NOT_FOUND, 404, False),
        (RequestCode.STORE_UNAVAILABLE, 503, False),
        (RequestCode.OUTCOME_UNKNOWN, 503, False),
        (RequestCode.STORE_FULL, 503, False),
        (RequestCode.STORE_READ_ONLY, 503, False),
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
        (AuthCode.ACCOUNT_NOT_FOUND, 404, False),
        (ApiCode.UNKNOWN_KPI, 404, False),
        (ApiCode.BAD_TIME, 400, False),
        (WebhookRequestCode.TOKEN_REJECTED, 401, True),
        (WebhookRequestCode.EMPTY, 400, False),
        (CameraStreamCode.VIEWER_TOO_FAST, 429, True),
        (CameraStreamCode.TOO_MANY_VIEWERS, 503, False),
        (CameraStreamCode.TOO_SLOW, 502, False),
        (PdfCode.FILE_GONE, 410, False),
        (PrintCode.NO_BROWSER, 503, False),
    ],
)
def test_status_and_denial_follow_from_the_code(code: ErrorCode, status: int, is_denied: bool) -> None:
    failure = Failure(code)
    assert status_of(failure) == status and is_denial(failure, status) == is_denied


@pytest.mark.parametrize("code", sorted(INPUT_CODES))
def test_mistyped_input_is_no_denial(code: AuthCode) -> None:
    assert not is_denial(Failure(code), status_of(Failure(code)))


@pytest.mark.parametrize("codes", [ApiCode, WebhookRequestCode, CameraStreamCode, PdfCode, PrintCode])
def test_every_code_of_an_endpoint_has_its_own_status(codes: type[ErrorCode]) -> None:
    """None falls back on 403, the status of accounts and permissions."""
    assert {code for code in codes if status_of(Failure(code)) == 403} == set()


def test_answer_to_wait_says_how_long() -> None:
    waits = {code: RequestError(code).headers.get("Retry-After") for code in (RequestCode.BUSY, PdfCode.QUEUE_FULL)}
    assert waits == {RequestCode.BUSY: "2", PdfCode.QUEUE_FULL: "30"}
    assert RequestError(RequestCode.STORE_UNAVAILABLE).headers == {"Retry-After": "5"}
    assert RequestError(RequestCode.RATE_LIMITED, headers={"Retry-After": "3"}).headers == {"Retry-After": "3"}
    assert RequestError(RequestCode.NOT_PERMITTED).headers == {}


@pytest.mark.parametrize("status", sorted(DENIAL_REASONS))
def test_reason_of_a_status_has_that_status(status: int) -> None:
    assert status_of(Failure(DENIAL_REASONS[status])) == status
