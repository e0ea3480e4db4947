"""Codes of requests that are denied or cannot be answered. Their statuses: request_error.py."""

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
    TOO_LARGE = "request.too_large"
    UNSUPPORTED_CONTENT_TYPE = "request.unsupported_content_type"
    NOT_FOUND = "request.not_found"
    METHOD_NOT_ALLOWED = "request.method_not_allowed"
    FORWARDED = "request.forwarded"
    MALFORMED = "request.malformed"
    STORE_UNAVAILABLE = "request.store_unavailable"
    STORE_FULL = "request.store_full"
    STORE_READ_ONLY = "request.store_read_only"
    STORE_DAMAGED = "request.store_damaged"
    WRONG_CLOCK = "request.wrong_clock"
    OUTCOME_UNKNOWN = "request.outcome_unknown"
    INTERNAL_ERROR = "request.internal_error"
    FILE_NOT_KEPT = "request.file_not_kept"  # cause: of the operating system
    NOT_READY = "request.not_ready"
    BUSY = "request.busy"


class ApiCode(ErrorCode):
    """Why the API does not answer. Texts: components/messages/errors/api.toml."""

    UNKNOWN_KPI = "api.unknown_kpi"  # key
    UNKNOWN_SERIES = "api.unknown_series"  # key
    UNKNOWN_EVENT = "api.unknown_event"  # key
    UNKNOWN_DIRECTIVE = "api.unknown_directive"  # key
    UNKNOWN_PATH = "api.unknown_path"
    UNKNOWN_PARAMETER = "api.unknown_parameter"  # name, known: the names that may be used
    DOUBLED_NAME = "api.doubled_name"  # name: of a parameter or field that is given twice
    MISSING_PARAMETER = "api.missing_parameter"  # name
    VALUE_TOO_LONG = "api.value_too_long"  # name
    TOO_MANY_VALUES = "api.too_many_values"  # limit: of a body
    BAD_TIME = "api.bad_time"  # name
    FUTURE_TIME = "api.future_time"  # name
    BAD_PERIOD = "api.bad_period"  # days: the longest period
    BAD_POINTS = "api.bad_points"  # low, high
    BAD_REQUEST = "api.bad_request"
    BAD_FIELD = "api.bad_field"  # name: of the parameter or field
    BAD_CHOICE = "api.bad_choice"  # name: of the field; allowed: its values


class WebhookRequestCode(ErrorCode):
    """Why a webhook message is not accepted. Texts: components/messages/errors/webhook_request.toml."""

    METHOD_NOT_ALLOWED = "webhook_request.method_not_allowed"
    TOKEN_REJECTED = "webhook_request.token_rejected"  # wrong token or unknown source: the answer is the same
    UNSUPPORTED_CONTENT_TYPE = "webhook_request.unsupported_content_type"
    TOO_LARGE = "webhook_request.too_large"
    EMPTY = "webhook_request.empty"
    RATE_LIMITED = "webhook_request.rate_limited"
    QUEUE_FULL = "webhook_request.queue_full"


class CameraStreamCode(ErrorCode):
    """Why no picture of a camera is shown. Texts: components/messages/errors/camera_stream.toml."""

    STREAM_NOT_FOUND = "camera_stream.stream_not_found"
    SNAPSHOT_NOT_FOUND = "camera_stream.snapshot_not_found"
    # The camera's response
    HOST_NOT_ALLOWED = "camera_stream.host_not_allowed"
    INCOMPLETE_RESPONSE = "camera_stream.incomplete_response"
    TOO_MANY_REDIRECTS = "camera_stream.too_many_redirects"
    ERROR_STATUS = "camera_stream.error_status"  # status: of HTTP
    COMPRESSED = "camera_stream.compressed"
    TOO_LARGE = "camera_stream.too_large"  # mebibytes: the limit
    TOO_SLOW = "camera_stream.too_slow"  # seconds: the limit
    NOT_A_STREAM = "camera_stream.not_a_stream"
    # Its playlist
    PLAYLIST_NOT_TEXT = "camera_stream.playlist_not_text"
    PLAYLIST_TOO_LONG = "camera_stream.playlist_too_long"  # lines: the limit
    PLAYLIST_LINE_TOO_LONG = "camera_stream.playlist_line_too_long"  # characters: the limit
    PLAYLIST_UNSUPPORTED = "camera_stream.playlist_unsupported"
    PLAYLIST_BAD_ADDRESS = "camera_stream.playlist_bad_address"
    # Quotas
    TOO_MANY_VIEWERS = "camera_stream.too_many_viewers"
    TOO_MANY_REQUESTS = "camera_stream.too_many_requests"  # of all viewers at the same time
    VIEWER_TOO_FAST = "camera_stream.viewer_too_fast"
    TOO_MUCH_TRAFFIC = "camera_stream.too_much_traffic"


class PdfCode(ErrorCode):
    """Why there is no PDF. Texts: components/messages/errors/pdf.toml."""

    BAD_MOMENT = "pdf.bad_moment"
    FUTURE_MOMENT = "pdf.future_moment"
    UNKNOWN_PAGE = "pdf.unknown_page"  # name
    UNKNOWN_JOB = "pdf.unknown_job"  # number: as it was requested
    TOO_MANY_PARAMETERS = "pdf.too_many_parameters"
    FILE_GONE = "pdf.file_gone"
    QUEUE_FULL = "pdf.queue_full"


class ExportCode(ErrorCode):
    """Why there is no file of a table. Texts: components/messages/errors/export.toml."""

    BAD_MOMENT = "export.bad_moment"
    FUTURE_MOMENT = "export.future_moment"
    NO_PAST = "export.no_past"
    TOO_MANY_ROWS = "export.too_many_rows"  # n: the limit
    TOO_SLOW = "export.too_slow"
    BUSY = "export.busy"
    FAILED = "export.failed"
