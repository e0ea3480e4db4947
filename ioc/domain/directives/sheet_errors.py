"""Codes of what is wrong with a sheet of tasks or one of its cells, and the error that carries one."""

from ioc.domain.base.failure import ErrorCode, FailureError


class SheetCode(ErrorCode):
    """Why a sheet was not imported. Texts: components/messages/errors/task_sheet.toml."""

    FILE_TYPE = "task_sheet.file_type"
    FILE_CONTENT = "task_sheet.file_content"
    FILE_MACROS = "task_sheet.file_macros"
    FILE_MISSING = "task_sheet.file_missing"
    UNREADABLE = "task_sheet.unreadable"  # cause
    READER_ENDED = "task_sheet.reader_ended"
    TOO_SLOW = "task_sheet.too_slow"
    BUSY = "task_sheet.busy"
    SECRET = "task_sheet.secret"  # cell, n: number of its sheet
    NO_TABLE = "task_sheet.no_table"
    TOO_MANY_ROWS = "task_sheet.too_many_rows"  # limit
    TOO_MANY_DOCUMENTS = "task_sheet.too_many_documents"  # limit
    TOO_MANY_TASKS = "task_sheet.too_many_tasks"  # limit
    TOO_MUCH_TEXT = "task_sheet.too_much_text"  # limit
    STAGING_ENDED = "task_sheet.staging_ended"
    FIELD_WITHOUT_COLUMN = "task_sheet.field_without_column"  # field
    FIELD_REPEATED = "task_sheet.field_repeated"  # field
    NO_TASKS = "task_sheet.no_tasks"
    HAS_FAULTS = "task_sheet.has_faults"  # n
    NOT_CHECKED = "task_sheet.not_checked"
    STORED_CHANGED = "task_sheet.stored_changed"
    CANCELLED = "task_sheet.cancelled"

    NOT_A_DAY = "task_sheet.not_a_day"  # text
    DAY_NUMBER = "task_sheet.day_number"  # text
    CELL_DIFFERS = "task_sheet.cell_differs"  # expected
    NOT_ONE_AGENCY = "task_sheet.not_one_agency"
    NO_DEGREE = "task_sheet.no_degree"  # in a column of secrecy
    STORED_BEFORE = "task_sheet.stored_before"  # number: of a document; which task the row is, is not clear
    ID_REPEATED = "task_sheet.id_repeated"  # id
    TEXT_TOO_LONG = "task_sheet.text_too_long"  # limit
    PART_MISSING = "task_sheet.part_missing"  # agency
    TASK_ASSIGNED = "task_sheet.task_assigned"


class SheetError(FailureError):
    """A sheet that was not imported; nothing of it is stored."""
