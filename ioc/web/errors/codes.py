"""Codes of requests that are denied or cannot be answered."""

from ioc.domain.base.failure import ErrorCode


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
