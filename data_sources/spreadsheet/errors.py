"""Codes of failures of spreadsheets and of text files with a table."""

from ioc.domain.base.failure import ErrorCode


class SpreadsheetCode(ErrorCode):
    """Why a file, a sheet or a row cannot be read. Texts: components/messages/errors/spreadsheet.toml."""

    FILE_EMPTY = "spreadsheet.file_empty"
    HTML_OR_XML = "spreadsheet.html_or_xml"
    NOT_A_TABLE = "spreadsheet.not_a_table"
    NOT_CSV = "spreadsheet.not_csv"  # external: the parser's message
    SEPARATOR_NOT_FOUND = "spreadsheet.separator_not_found"  # signs: that were looked for, as YAML
    SEPARATOR_OTHER = "spreadsheet.separator_other"  # sign: that separates the headings, as YAML
    SEPARATED_BY_BLANKS = "spreadsheet.separated_by_blanks"
    WRONG_ENCODING = "spreadsheet.wrong_encoding"  # encoding
    ENCODING_UNKNOWN = "spreadsheet.encoding_unknown"
    WORKBOOK_UNREADABLE = "spreadsheet.workbook_unreadable"  # external: the reader's message
    OLD_WORKBOOK_UNREADABLE = "spreadsheet.old_workbook_unreadable"  # kind: class of the reader's exception
    LOCKED = "spreadsheet.locked"
    SHEET_MISSING = "spreadsheet.sheet_missing"  # sheets: those of the file
    SHEET_OTHER_TIME = "spreadsheet.sheet_other_time"  # sheet
    TITLE_OTHER_TIME = "spreadsheet.title_other_time"  # title
    HEADING_OTHER_TIME = "spreadsheet.heading_other_time"  # heading
    HEADINGS_MISSING = "spreadsheet.headings_missing"  # headings, found
    TABLE_WITHOUT_VALUES = "spreadsheet.table_without_values"  # sheet, headings; cells: of the first row below them
    NAME_COLUMN_HEADED = "spreadsheet.name_column_headed"  # column: its letter, heading
    HEADING_REPEATED = "spreadsheet.heading_repeated"  # heading, columns
    ROWS_BELOW_END = "spreadsheet.rows_below_end"  # n
    TABLE_BELOW = "spreadsheet.table_below"  # n
    ROW_TOO_LONG = "spreadsheet.row_too_long"  # n: cells, width: headings
    QUOTATION_OVER_ROWS = "spreadsheet.quotation_over_rows"  # n: rows that one cell holds at least
    LINE_NOT_ENDED = "spreadsheet.line_not_ended"
    ROW_DAMAGED = "spreadsheet.row_damaged"
    HEADINGS_DAMAGED = "spreadsheet.headings_damaged"
    ROW_SHIFTED = "spreadsheet.row_shifted"  # text: two cells that may be one number
    COLUMN_NUMBERS = "spreadsheet.column_numbers"
    ROW_REPEATED = "spreadsheet.row_repeated"
    ROW_NAMES_REPEATED = "spreadsheet.row_names_repeated"  # first, second: names, the second without a value; series
    SHEETS_OVERLAP = "spreadsheet.sheets_overlap"  # first, second: names of sheets
    SHEETS_DIFFER = "spreadsheet.sheets_differ"  # first, second: names of sheets; series: that shows it
    NAMED_SHEETS_DIFFER = "spreadsheet.named_sheets_differ"  # first, second: names of sheets; time
    # first, second: names of sheets; first_title, second_title: that the other one does not have, "–" for none
    SHEETS_OF_OTHER_TITLES = "spreadsheet.sheets_of_other_titles"
    SHEETS_OF_ONE_SERIES = "spreadsheet.sheets_of_one_series"  # first, second: names of sheets
    ROW_NAME_MISSING = "spreadsheet.row_name_missing"
    ROW_NAME_MISSING_INSIDE = "spreadsheet.row_name_missing_inside"
    ROW_NAME_WITHOUT_LETTERS = "spreadsheet.row_name_without_letters"  # name
    TEXT_UNDECIDED = "spreadsheet.text_undecided"
    CELL_ERROR = "spreadsheet.cell_error"  # error: #DIV/0!, #N/A …
    FORMULA_NOT_CALCULATED = "spreadsheet.formula_not_calculated"
    PERCENT_UNIT = "spreadsheet.percent_unit"  # unit
    UNIT_MISSING = "spreadsheet.unit_missing"  # heading
    UNIT_OTHER = "spreadsheet.unit_other"  # unit: below the heading, declared: that of the row
    UNIT_ROW = "spreadsheet.unit_row"  # unit: below the heading, row: number of the row of units
    UNIT_STATED = "spreadsheet.unit_stated"  # unit: above the table
    UNIT_ABOVE_OTHER = "spreadsheet.unit_above_other"  # unit: above the table, declared: that of the row
    UNIT_IN_HEADING = "spreadsheet.unit_in_heading"  # unit: in the heading, other: of the row or below the heading
    UNIT_COLUMN_OTHER = "spreadsheet.unit_column_other"  # unit: in the unit column; other: of the column, its template
    # heading: of a column that the row does not name; unit: in it; declared: by the row or the heading
    UNIT_COLUMN_UNREAD = "spreadsheet.unit_column_unread"
    # first, second: headings of columns that the row does not name; unit, other: in them; column: template
    UNIT_COLUMNS = "spreadsheet.unit_columns"
    UNIT_IN_LABEL = "spreadsheet.unit_in_label"  # unit: in the name of the row, other: of its column
    UNIT_CHANGED = "spreadsheet.unit_changed"  # unit, row: that states it, between the rows of the table or below them
    PERCENT_MIXED = "spreadsheet.percent_mixed"  # text
    FORMAT_TEXT = "spreadsheet.format_text"  # text: beside the number
    FORMAT_UNIT = "spreadsheet.format_unit"  # text: beside the number, unit: of its column or row
    FORMAT_UNCLEAR = "spreadsheet.format_unclear"
    NUMBER_SCALED = "spreadsheet.number_scaled"
    DATE_CELL = "spreadsheet.date_cell"  # text
    WORD = "spreadsheet.word"  # text
    NUMBER_WITHOUT_UNIT = "spreadsheet.number_without_unit"  # text; column: template, others of which have a unit
    VALUE_MERGED = "spreadsheet.value_merged"  # cells: C4:C6
    # Of the time of a row.
    TIME_MISSING = "spreadsheet.time_missing"  # heading
    NOT_A_TIME = "spreadsheet.not_a_time"  # text
    DAY_MONTH_ORDER = "spreadsheet.day_month_order"  # text; day_first, month_first: cells that prove either
    DATE_CONVERTED = "spreadsheet.date_converted"  # text; proof: a text that shows why
    DATE_OTHER_MONTH = "spreadsheet.date_other_month"  # text; title: the text that states another month
    PERIOD_AMONG_DATES = "spreadsheet.period_among_dates"  # text
    CLOCK_MISSING = "spreadsheet.clock_missing"  # heading
    NOT_A_CLOCK = "spreadsheet.not_a_clock"  # text, heading
    FILE_NAME_TIME = "spreadsheet.file_name_time"  # name, pattern
    FILE_NAME = "spreadsheet.file_name"  # name, pattern
    FILES_OF_ONE_SERIES = "spreadsheet.files_of_one_series"  # first, second: names of files
    # Of the zip file that a workbook is.
    NOT_A_WORKBOOK = "spreadsheet.not_a_workbook"
    DAMAGED = "spreadsheet.damaged"
    XML_BROKEN = "spreadsheet.xml_broken"  # external: the parser's message
    XML_ENTITIES = "spreadsheet.xml_entities"
    CELL_UNKNOWN = "spreadsheet.cell_unknown"  # cell
    NUMBER_FORMAT_TOO_LONG = "spreadsheet.number_format_too_long"  # limit: characters
    TOO_MANY_CELLS = "spreadsheet.too_many_cells"  # limit
    TOO_MANY_SHEETS = "spreadsheet.too_many_sheets"  # limit
    TOO_MANY_MERGED = "spreadsheet.too_many_merged"  # limit: cells
    SHEET_REPEATED = "spreadsheet.sheet_repeated"
    PART_REPEATED = "spreadsheet.part_repeated"
    TOO_MANY_PARTS = "spreadsheet.too_many_parts"  # limit
    TOO_LARGE_UNPACKED = "spreadsheet.too_large_unpacked"
    TEXT_REPEATED = "spreadsheet.text_repeated"
    TOO_MUCH_TEXT = "spreadsheet.too_much_text"  # limit: characters
    READER_ENDED = "spreadsheet.reader_ended"  # by memory, processor time, or a fault of the library that reads
    READER_NOT_STARTED = "spreadsheet.reader_not_started"
    READER_SLOW = "spreadsheet.reader_slow"  # seconds: the bound, by the clock
    PARTS_OVERLAP = "spreadsheet.parts_overlap"
    IMPOSSIBLE_SIZE = "spreadsheet.impossible_size"
    WRONG_PART_SIZE = "spreadsheet.wrong_part_size"
    UNKNOWN_COMPRESSION = "spreadsheet.unknown_compression"
