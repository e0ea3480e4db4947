"""Codes of failures of a view over another database."""

from ioc.domain.base.failure import ErrorCode


class SqlViewCode(ErrorCode):
    """Why a query brought nothing, or a value of a row is not read. Texts: components/messages/errors/sql_view.toml."""

    NOT_A_DATABASE_ADDRESS = "sql_view.not_a_database_address"  # expected: an address of the right form
    SQLITE_PATH_NOT_ABSOLUTE = "sql_view.sqlite_path_not_absolute"
    PASSWORD_IN_ADDRESS = "sql_view.password_in_address"  # expected: an address of the right form
    UNKNOWN_ADDRESS_PARAMETER = "sql_view.unknown_address_parameter"  # parameter, known: those that may be used
    NAME_NOT_FOUND = "sql_view.name_not_found"  # host
    CONNECT_FAILED = "sql_view.connect_failed"  # host; external: the driver's message
    LOGIN_REFUSED = "sql_view.login_refused"  # host
    PERMISSION_DENIED = "sql_view.permission_denied"  # external: the server's message
    DATABASE_BUSY = "sql_view.database_busy"  # restarting, with too many connections: the query never ran
    DATABASE_LOCKED = "sql_view.database_locked"  # by others, whatever the query
    DATABASE_OVERLOADED = "sql_view.database_overloaded"  # short of memory or disk, or it gave the query up
    QUERY_TOO_SLOW = "sql_view.query_too_slow"
    QUERY_WRITES = "sql_view.query_writes"
    QUERY_INVALID = "sql_view.query_invalid"  # external: the server's message
    QUERY_FAILED = "sql_view.query_failed"  # kind: class of the driver's exception
    SQLITE_ERROR = "sql_view.sqlite_error"  # external: SQLite's message
    READER_ENDED = "sql_view.reader_ended"  # the process that queries the database
    READER_NOT_STARTED = "sql_view.reader_not_started"
    TOO_MANY_COLUMNS = "sql_view.too_many_columns"  # limit
    COLUMN_TWICE = "sql_view.column_twice"  # column
    UNSUPPORTED_VALUE = "sql_view.unsupported_value"  # external: the JSON encoder's message
    ROWS_TOO_LARGE = "sql_view.rows_too_large"  # mebibytes
    STOP_LEFT_OUT = "sql_view.stop_left_out"  # of the rows that changed in a span of time
    # Of one value; the other rows are read.
    TYPE_UNCLEAR = "sql_view.type_unclear"  # column
    BINARY_VALUE = "sql_view.binary_value"  # column
    JSON_UNREADABLE = "sql_view.json_unreadable"  # column
    NUMBER_INFINITE = "sql_view.number_infinite"  # column
    INTERVAL_NOT_FIXED = "sql_view.interval_not_fixed"  # column, text: of an interval with months or years
    TIME_OUT_OF_RANGE = "sql_view.time_out_of_range"  # column, text
