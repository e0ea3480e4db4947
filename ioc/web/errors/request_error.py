"""The HTTP status of each code, which failures are denials, and the error that carries them through a request.

A denial has one of the statuses of DENIAL_REASONS or one of the AUDITED_CODES. 404 and other 400s are none: nothing
that exists was withheld.
"""

from collections.abc import Mapping

from ioc.auth.errors import INPUT_CODES, AuthCode, AuthError
from ioc.domain.access.principal import RevokedReason
from ioc.domain.base.failure import ErrorCode, Failure, FailureError
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.evidence import EvidenceCode
from ioc.domain.directives.sheet_errors import SheetCode
from ioc.domain.submissions.errors import SubmissionCode
from ioc.storage.db.commands import CommandCode
from ioc.web.errors.codes import ApiCode, CameraStreamCode, ExportCode, PdfCode, RequestCode, WebhookRequestCode
from ioc.worker.jobs import PrintCode

DENIAL_REASONS: Mapping[int, RequestCode] = {  # for responses whose view stated no reason
    401: RequestCode.LOGIN_REQUIRED, 403: RequestCode.NOT_PERMITTED, 409: RequestCode.CONFLICT,
    413: RequestCode.TOO_LARGE, 415: RequestCode.UNSUPPORTED_CONTENT_TYPE, 429: RequestCode.RATE_LIMITED,
}  # fmt: skip
AUDITED_CODES = frozenset({
    RequestCode.FORWARDED, AuthCode.PURPOSE_MISSING, AuthCode.NO_PERSONAL_DATA, AuthCode.OIDC_UNAVAILABLE,
    SubmissionCode.FILE_UNREADABLE, SheetCode.UNREADABLE, EvidenceCode.FILE_UNREADABLE,  # it may be malicious
})  # fmt: skip
_STATUSES: Mapping[str, int] = {  # of all other codes: 403
    **dict.fromkeys((*ApiCode, *WebhookRequestCode, *INPUT_CODES), 400), **dict.fromkeys(CameraStreamCode, 502),
    **dict.fromkeys(PrintCode, 503),
    RequestCode.LOGIN_REQUIRED: 401, RequestCode.KEY_REQUIRED: 401, RequestCode.KEY_NOT_ACCEPTED_HERE: 401,
    RequestCode.KEY_REJECTED: 401, RequestCode.DISPLAY_REJECTED: 401, RequestCode.RATE_LIMITED: 429,
    RequestCode.READ_ONLY: 405, RequestCode.CONFLICT: 409, AuthCode.PURPOSE_MISSING: 400,
    RequestCode.TOO_LARGE: 413, RequestCode.UNSUPPORTED_CONTENT_TYPE: 415, RequestCode.NOT_FOUND: 404,
    RequestCode.METHOD_NOT_ALLOWED: 405, RequestCode.FORWARDED: 400, RequestCode.MALFORMED: 400,
    RequestCode.STORE_UNAVAILABLE: 503, RequestCode.OUTCOME_UNKNOWN: 503, RequestCode.INTERNAL_ERROR: 500,
    RequestCode.WRONG_CLOCK: 503, RequestCode.NOT_READY: 503, RequestCode.BUSY: 503, RequestCode.STORE_DAMAGED: 503,
    RequestCode.STORE_FULL: 503, RequestCode.STORE_READ_ONLY: 503, RequestCode.FILE_NOT_KEPT: 507,
    RevokedReason.SESSION_ENDED: 401, RevokedReason.DISPLAY_REVOKED: 401,
    ApiCode.UNKNOWN_KPI: 404, ApiCode.UNKNOWN_SERIES: 404, ApiCode.UNKNOWN_EVENT: 404,
    ApiCode.UNKNOWN_DIRECTIVE: 404, ApiCode.UNKNOWN_PATH: 404,
    WebhookRequestCode.METHOD_NOT_ALLOWED: 405, WebhookRequestCode.TOKEN_REJECTED: 401,
    WebhookRequestCode.UNSUPPORTED_CONTENT_TYPE: 415, WebhookRequestCode.TOO_LARGE: 413,
    WebhookRequestCode.RATE_LIMITED: 429, WebhookRequestCode.QUEUE_FULL: 429,
    CameraStreamCode.STREAM_NOT_FOUND: 404, CameraStreamCode.SNAPSHOT_NOT_FOUND: 404,
    CameraStreamCode.VIEWER_TOO_FAST: 429, CameraStreamCode.TOO_MANY_VIEWERS: 503,
    CameraStreamCode.TOO_MANY_REQUESTS: 503, CameraStreamCode.TOO_MUCH_TRAFFIC: 503,
    PdfCode.BAD_MOMENT: 400, PdfCode.FUTURE_MOMENT: 400, PdfCode.TOO_MANY_PARAMETERS: 400,
    PdfCode.UNKNOWN_PAGE: 404, PdfCode.UNKNOWN_JOB: 404, PdfCode.FILE_GONE: 410, PdfCode.QUEUE_FULL: 503,
    PrintCode.PAGE_NOT_FOUND: 404,
    ExportCode.BAD_MOMENT: 400, ExportCode.FUTURE_MOMENT: 400, ExportCode.NO_PAST: 400, ExportCode.TOO_MANY_ROWS: 422,
    ExportCode.TOO_SLOW: 503, ExportCode.BUSY: 503, ExportCode.FAILED: 500,
    AuthCode.ACCOUNT_NOT_FOUND: 404, AuthCode.NO_PERSONAL_DATA: 404,
    AuthCode.BUSY: 429, AuthCode.DISPLAY_QUEUE_FULL: 429, AuthCode.LAST_ADMINISTRATOR: 409,
    AuthCode.OIDC_UNAVAILABLE: 503,
    **dict.fromkeys((*SubmissionCode, *CommandCode), 409),  # the state does not allow it
    SubmissionCode.UNKNOWN_OBLIGATION: 404, SubmissionCode.UNKNOWN_PERIOD: 404,
    SubmissionCode.NO_RESPONSIBLE_AGENCY: 404, SubmissionCode.CORRECTION_REASON_MISSING: 422,
    SubmissionCode.CALLER_MISSING: 422,
    SubmissionCode.REJECTION_REASON_MISSING: 422, SubmissionCode.UNCHANGED: 422, SubmissionCode.NO_FIGURES: 422,
    SubmissionCode.CALL_TIME_OUT_OF_RANGE: 422, SubmissionCode.CALL_TIME_UNREADABLE: 422,
    SubmissionCode.FILE_MISSING: 422, SubmissionCode.FILE_TAKEN: 422, SubmissionCode.REMINDER_TEXT_MISSING: 422,
    SubmissionCode.FILE_UNREADABLE: 422, SubmissionCode.FILE_TYPE: 415, SubmissionCode.FILE_CONTENT: 415,
    **dict.fromkeys(ActCode, 422),  # something is missing or wrong
    **dict.fromkeys((
        ActCode.ACT_NOT_POSSIBLE, ActCode.NOT_OPEN, ActCode.TASK_CHANGED, ActCode.KEY_REUSED, ActCode.KEY_TAKEN,
        ActCode.EXTENSION_OPEN, ActCode.ADJUSTMENT_OPEN, ActCode.ALREADY_STARRED, ActCode.EXTERNAL_MASTER,
        ActCode.ALREADY_LINKED, ActCode.FORM_EXPIRED, ActCode.DUES_CHANGED, ActCode.INSTRUCTION_CARRIED,
        ActCode.INSTRUCTION_ISSUED, ActCode.BRIEFING_OPEN, ActCode.BRIEFING_ENDED, ActCode.BRIEFING_CHANGED,
        ActCode.BRIEFING_FULL, ActCode.NO_NOTICE_WAITS, ActCode.DOCUMENT_CHANGED, ActCode.DUE_BY_ACT,
    ), 409),
    **dict.fromkeys((
        ActCode.NOT_PERMITTED, ActCode.PUBLISH_NOT_PERMITTED, ActCode.POSITION_NOT_VALID, ActCode.MANDATE_MISSING,
        ActCode.SUBSTITUTE_OF_SUBSTITUTE, ActCode.OWN_REQUEST, ActCode.SYSTEM_POSITION_MISSING,
    ), 403),
    **dict.fromkeys(SheetCode, 422), SheetCode.STAGING_ENDED: 409, SheetCode.CANCELLED: 409,
    SheetCode.STORED_CHANGED: 409, SheetCode.NOT_CHECKED: 409,
    SheetCode.BUSY: 503, SheetCode.TOO_SLOW: 503,
    **dict.fromkeys((SheetCode.FILE_TYPE, SheetCode.FILE_CONTENT, SheetCode.FILE_MACROS), 415),
    **dict.fromkeys(EvidenceCode, 422), EvidenceCode.FILE_GONE: 409, EvidenceCode.UNKNOWN_FILE: 404,
    EvidenceCode.FILE_TOO_LARGE: 413, EvidenceCode.CONTENT_LOST: 500,
    EvidenceCode.QUOTA_USED_UP: 507, EvidenceCode.SHARE_USED_UP: 507, EvidenceCode.NOT_STORED: 507,
    EvidenceCode.FOLDER_LOST: 503,
    **dict.fromkeys((EvidenceCode.FILE_TYPE, EvidenceCode.FILE_CONTENT, EvidenceCode.FILE_MACROS), 415),
    ActCode.UNKNOWN_DOCUMENT: 404, ActCode.UNKNOWN_TASK: 404, ActCode.UNKNOWN_BRIEFING: 404,
    SubmissionCode.FILE_MACROS: 415, SubmissionCode.FILE_TOO_LARGE: 413, SubmissionCode.QUEUE_FULL: 503,
    SubmissionCode.FILE_BUSY: 503,
    SubmissionCode.TOO_MANY_CORRECTIONS: 429,
}  # fmt: skip
# Seconds to wait after a 429 or 503 of these codes; after the others _RETRY_SECONDS.
_RETRY_SECONDS_OF: Mapping[str, str] = {RequestCode.BUSY: "2", PdfCode.QUEUE_FULL: "30"}
_RETRY_SECONDS = "5"


def status_of(failure: Failure) -> int:
    """The HTTP status of a failure, by its code."""
    return _STATUSES.get(failure.code, 403)


def is_denial(failure: Failure, status: int) -> bool:
    """Whether a response of this failure and status is a denial."""
    return status in DENIAL_REASONS or failure.code in AUDITED_CODES


class RequestError(FailureError):
    """The current request is denied or cannot be answered; `respond` of handlers.py turns it into the response.

    `status`: of HTTP, by default that of the code. `cause`: audited instead of the failure. `action`, `resource`:
    audited where route and path do not state them. `headers`: of the response; a 429 or 503 has Retry-After.
    """

    def __init__(
        self, code: ErrorCode | Failure, /, *, status: int = 0, cause: ErrorCode | Failure | None = None,
        action: str = "", resource: str = "", headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(_as_failure(code))
        self.status = status or status_of(self.failure)
        self.cause = _as_failure(cause) if cause else self.failure
        self.action, self.resource = action, resource
        wait = _RETRY_SECONDS_OF.get(self.failure.code, _RETRY_SECONDS)
        self.headers = {**({"Retry-After": wait} if self.status in (429, 503) else {}), **(headers or {})}


def request_error(error: FailureError) -> RequestError:
    """The error of a command as that of the request: with the status of its code, and what is audited of it."""
    if isinstance(error, RequestError):
        return error
    if isinstance(error, AuthError):
        return RequestError(error.failure, cause=error.cause, action=error.action, resource=error.target)
    return RequestError(error.failure)


def _as_failure(code: ErrorCode | Failure) -> Failure:
    return code if isinstance(code, Failure) else Failure(code)
