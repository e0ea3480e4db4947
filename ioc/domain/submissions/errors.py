"""Codes of what is wrong with a submission: with the act itself, an uploaded file, or a cell of its form."""

from ioc.domain.base.failure import ErrorCode, FailureError


class SubmissionCode(ErrorCode):
    """Why figures were not accepted. Texts: components/messages/errors/submissions.toml."""

    UNKNOWN_OBLIGATION = "submissions.unknown_obligation"
    UNKNOWN_PERIOD = "submissions.unknown_period"  # period
    PERIOD_NOT_ENDED = "submissions.period_not_ended"  # period, end: its last moment
    SUBMISSION_CHANGED = "submissions.submission_changed"  # at: of the submission that the form did not show
    MOMENT_REPORTED = "submissions.moment_reported"  # at: when what is known of this moment was told by telephone
    OWN_FIGURES_SENT = "submissions.own_figures_sent"  # at: when the agency sent its own; no phone report replaces them
    ALREADY_AWAITING_APPROVAL = "submissions.already_awaiting_approval"
    CORRECTION_REASON_MISSING = "submissions.correction_reason_missing"  # n: fewest characters
    CALLER_MISSING = "submissions.caller_missing"  # n: fewest characters of who told the figures by telephone
    REJECTION_REASON_MISSING = "submissions.rejection_reason_missing"  # n: fewest characters
    UNCHANGED = "submissions.unchanged"
    TOO_MANY_CORRECTIONS = "submissions.too_many_corrections"  # seconds until the person may send another one
    NOT_AWAITING_APPROVAL = "submissions.not_awaiting_approval"
    FORM_CHANGED = "submissions.form_changed"  # series: of the submission, that the form no longer has
    # With the names of the types of events.
    APPROVED = "submissions.approved"  # who, at: somebody was quicker
    REJECTED = "submissions.rejected"  # who, at: somebody was quicker
    REPLACED = "submissions.replaced"  # at: of the submission that came after it
    WITHDRAWN = "submissions.withdrawn"  # who, at: who sent it took it back
    OWN_SUBMISSION = "submissions.own_submission"
    NOT_OVERDUE = "submissions.not_overdue"
    ALREADY_REMINDED = "submissions.already_reminded"
    REMINDER_TEXT_MISSING = "submissions.reminder_text_missing"
    NO_RESPONSIBLE_AGENCY = "submissions.no_responsible_agency"
    QUEUE_FULL = "submissions.queue_full"
    CALL_TIME_OUT_OF_RANGE = "submissions.call_time_out_of_range"
    CALL_TIME_UNREADABLE = "submissions.call_time_unreadable"
    NO_FIGURES = "submissions.no_figures"

    FILE_MISSING = "submissions.file_missing"
    FILE_TAKEN = "submissions.file_taken"
    FILE_TYPE = "submissions.file_type"
    FILE_CONTENT = "submissions.file_content"  # extension: of the file's name
    FILE_MACROS = "submissions.file_macros"
    FILE_TOO_LARGE = "submissions.file_too_large"  # limit: KB
    FILE_UNREADABLE = "submissions.file_unreadable"  # cause
    FILE_BUSY = "submissions.file_busy"
    FILE_EMPTY = "submissions.file_empty"
    WORKBOOK_DAMAGED = "submissions.workbook_damaged"

    LABEL_MISMATCH = "submissions.label_mismatch"  # expected, found
    FIGURE_MISSING = "submissions.figure_missing"
    NOT_A_NUMBER = "submissions.not_a_number"  # found
    NOT_AN_INTEGER = "submissions.not_an_integer"  # found
    OUT_OF_RANGE = "submissions.out_of_range"  # found; low, high: as the city writes numbers; unit
    CELL_NOT_ASKED = "submissions.cell_not_asked"
    CELL_BEYOND_FORM = "submissions.cell_beyond_form"


class SubmissionError(FailureError):
    """An act on submissions that cannot be done; nothing of it is stored."""
