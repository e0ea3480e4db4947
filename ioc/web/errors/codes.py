"""Codes of requests that are denied or cannot be answered, the HTTP status of each, and the error that carries one.

A denial has one of the statuses of DENIAL_REASONS or one of the AUDITED_CODES. 404 and other 400s are none: nothing
that exists was withheld.
"""

from collections.abc import Mapping

from ioc.auth.errors import INPUT_CODES, AuthCode
from ioc.domain.access.principal import RevokedReason
from ioc.domain.base.failure import ErrorCode, Failure, FailureError
from ioc.domain.submissions.errors import SubmissionCode


class RequestCode(ErrorCode):
    """Why a request is denied or not answered. Texts: components/messages/errors/request.toml."""

    LOGIN_REQUIRED = "request.login_required"
    NOT_PERMITTED = "request.not_permitted"
    PASSWORD_CHANGE_REQUIRED = "request.password_change_required"
    MFA_SETUP_REQUIRED = "request.mfa_setup_required"
    KEY_REQUIRED = "request.key_required"
    KEY_NOT_PERMITTED = "request.key_not_permitted"
    KEY_NOT_ACCEPTED_HERE = "request.key_not_accepted_here"
    KEY_REJECTED = "request.key_rejected"  # the caller is not told why; the audit log is
    DISPLAY_REJECTED = "request.display_rejected"  # the same
    RATE_LIMITED = "request.rate_limited"
    CROSS_ORIGIN = "request.cross_origin"
    ORIGIN_MISSING = "request.origin_missing"
    READ_ONLY = "request.read_only"
    CONFLICT = "request.conflict"
    PURPOSE_MISSING = "request.purpose_missing"  # least: characters of the note
    TOO_LARGE = "request.too_large"
    UNSUPPORTED_CONTENT_TYPE = "request.unsupported_content_type"
    NOT_FOUND = "request.not_found"
    METHOD_NOT_ALLOWED = "request.method_not_allowed"
    FORWARDED = "request.forwarded"
    MALFORMED = "request.malformed"
    STORE_UNAVAILABLE = "request.store_unavailable"
    INTERNAL_ERROR = "request.internal_error"
    NOT_READY = "request.not_ready"
    BUSY = "request.busy"


DENIAL_REASONS: Mapping[int, RequestCode] = {  # for responses whose view stated no reason
    401: RequestCode.LOGIN_REQUIRED, 403: RequestCode.NOT_PERMITTED, 409: RequestCode.CONFLICT,
    413: RequestCode.TOO_LARGE, 415: RequestCode.UNSUPPORTED_CONTENT_TYPE, 429: RequestCode.RATE_LIMITED,
}  # fmt: skip
AUDITED_CODES = frozenset({
    RequestCode.FORWARDED, RequestCode.PURPOSE_MISSING, AuthCode.OIDC_UNAVAILABLE,
    SubmissionCode.FILE_UNREADABLE,  # it may be malicious
})  # fmt: skip
_STATUSES: Mapping[str, int] = {  # of all other codes: 403
    RequestCode.LOGIN_REQUIRED: 401, RequestCode.KEY_REQUIRED: 401, RequestCode.KEY_NOT_ACCEPTED_HERE: 401,
    RequestCode.KEY_REJECTED: 401, RequestCode.DISPLAY_REJECTED: 401, RequestCode.RATE_LIMITED: 429,
    RequestCode.READ_ONLY: 405, RequestCode.CONFLICT: 409, RequestCode.PURPOSE_MISSING: 400,
    RequestCode.TOO_LARGE: 413, RequestCode.UNSUPPORTED_CONTENT_TYPE: 415, RequestCode.NOT_FOUND: 404,
    RequestCode.METHOD_NOT_ALLOWED: 405, RequestCode.FORWARDED: 400, RequestCode.MALFORMED: 400,
    RequestCode.STORE_UNAVAILABLE: 503, RequestCode.INTERNAL_ERROR: 500, RequestCode.NOT_READY: 503,
    RequestCode.BUSY: 503,
    RevokedReason.SESSION_ENDED: 401, RevokedReason.DISPLAY_REVOKED: 401,
    **dict.fromkeys(INPUT_CODES, 400),
    AuthCode.BUSY: 429, AuthCode.DISPLAY_QUEUE_FULL: 429, AuthCode.LAST_ADMINISTRATOR: 409,
    AuthCode.OIDC_UNAVAILABLE: 503,
    **dict.fromkeys(SubmissionCode, 409),  # the state does not allow it
    SubmissionCode.UNKNOWN_OBLIGATION: 404, SubmissionCode.UNKNOWN_PERIOD: 404,
    SubmissionCode.NO_RESPONSIBLE_AGENCY: 404, SubmissionCode.CORRECTION_REASON_MISSING: 422,
    SubmissionCode.REJECTION_REASON_MISSING: 422, SubmissionCode.UNCHANGED: 422, SubmissionCode.NO_FIGURES: 422,
    SubmissionCode.CALL_TIME_OUT_OF_RANGE: 422, SubmissionCode.FILE_MISSING: 422,
    SubmissionCode.FILE_UNREADABLE: 422, SubmissionCode.FILE_TYPE: 415, SubmissionCode.FILE_CONTENT: 415,
    SubmissionCode.FILE_MACROS: 415, SubmissionCode.FILE_TOO_LARGE: 413, SubmissionCode.QUEUE_FULL: 503,
}  # fmt: skip


def status_of(failure: Failure) -> int:
    """The HTTP status of a failure, by its code."""
    return _STATUSES.get(failure.code, 403)


def is_denial(failure: Failure, status: int) -> bool:
    """Whether a response of this failure and status is a denial."""
    return status in DENIAL_REASONS or failure.code in AUDITED_CODES


class RequestError(FailureError):
    """The current request is denied or cannot be answered; `respond` of handlers.py turns it into the response.

    `status`: of HTTP, by default that of the code. `cause`: audited instead of the code. `action`, `resource`: audited
    where route and path do not state them. `headers`: of the response.
    """

    def __init__(
        self, code: ErrorCode | Failure, /, *, status: int = 0, cause: ErrorCode | None = None, action: str = "",
        resource: str = "", headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(code if isinstance(code, Failure) else Failure(code))
        self.status = status or status_of(self.failure)
        self.cause = Failure(cause) if cause else self.failure
        self.action, self.resource, self.headers = action, resource, headers or {}
