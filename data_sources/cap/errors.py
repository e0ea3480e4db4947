"""Codes of failures of CAP alerts and of their indexes."""

from ioc.domain.base.failure import ErrorCode


class CapCode(ErrorCode):
    """Why an answer or an alert cannot be read. Texts: components/messages/errors/cap.toml."""

    NOT_CAP = "cap.not_cap"
    LINK_NOT_ALLOWED = "cap.link_not_allowed"  # host
    LINK_MISSING = "cap.link_missing"
    LINKED_ALERT_MISSING = "cap.linked_alert_missing"
    LINK_WITHOUT_ALERT = "cap.link_without_alert"
    IDENTIFIER_REPEATED = "cap.identifier_repeated"  # title, other
    STATUS_MISSING = "cap.status_missing"
    WORD_DAMAGED = "cap.word_damaged"  # field, word: with U+FFFD
    SENT_WITHOUT_TIME = "cap.sent_without_time"  # text
    SENDER_MISSING = "cap.sender_missing"
    UNKNOWN_MESSAGE_TYPE = "cap.unknown_message_type"  # message_type
    NOT_PUBLIC = "cap.not_public"  # scope
    INVALID_REFERENCE = "cap.invalid_reference"  # reference
    REFERENCE_LATER = "cap.reference_later"  # reference
    UNKNOWN_WORD = "cap.unknown_word"  # field, word
    POLYGON_TOO_SHORT = "cap.polygon_too_short"
    INVALID_CIRCLE = "cap.invalid_circle"  # text
    INVALID_VERTEX = "cap.invalid_vertex"  # text
    VERTEX_SWAPPED = "cap.vertex_swapped"  # text
    EXPIRES_EARLY = "cap.expires_early"  # expires; field, time: of the alert, which is later
