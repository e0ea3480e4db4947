"""Codes of what is wrong with the options of a source, and the error with which a validator of ours says it."""

from ioc.domain.base.failure import ErrorCode, FailureError


class ConfigValueError(FailureError, ValueError):
    """A value of the configuration cannot be used. pydantic keeps it in `ctx["error"]` of its own error."""


class OptionCode(ErrorCode):
    """What is wrong with the options of a protocol. Texts: components/messages/errors/config_options.toml."""

    # Shared by several protocols.
    UNKNOWN_TIME_ZONE = "config_options.unknown_time_zone"  # zone
    INVALID_EXPRESSION = "config_options.invalid_expression"  # expression; external: what the JMESPath library says
    NAME_NOT_QUOTED = "config_options.name_not_quoted"  # expression; path: the same with the quotes that it needs
    UNKNOWN_FUNCTION = "config_options.unknown_function"  # function, known
    WRONG_ARGUMENTS = "config_options.wrong_arguments"  # function, usage
    INVALID_TIME_FORMAT = "config_options.invalid_time_format"  # pattern
    HALF_DAY_CLOCK = "config_options.half_day_clock"  # pattern
    IMPOSSIBLE_OFFSET = "config_options.impossible_offset"  # pattern
    UNPAIRED_BRACE = "config_options.unpaired_brace"  # template
    MULTIPLE_LOST = "config_options.multiple_lost"  # text: a spelling in thousands; unit: its meaning; right: so many
    MULTIPLE_WITHOUT_UNIT = "config_options.multiple_without_unit"  # text, unit
    SERIES_OR_VALUES = "config_options.series_or_values"
    VALUES_NOT_NUMBERS = "config_options.values_not_numbers"
    SERIES_VALUES_OR_EVENTS = "config_options.series_values_or_events"
    NAMES_OF_ONE_SERIES = "config_options.names_of_one_series"  # first, second: names; series
    NAME_NOT_A_KEY = "config_options.name_not_a_key"  # name, key; slug: of the key
    PARAMETER_TWICE = "config_options.parameter_twice"  # first, second
    TEMPLATES_OF_ONE_SERIES = "config_options.templates_of_one_series"  # first, second
    PLACES_WITHOUT_PLACE = "config_options.places_without_place"
    LON_WITHOUT_LAT = "config_options.lon_without_lat"
    TABLE_WITHOUT_PATH = "config_options.table_without_path"  # table, path
    GLOB_OUTSIDE = "config_options.glob_outside"
    HOST_KEY_FORM = "config_options.host_key_form"
    SECRET_NOT_A_REFERENCE = "config_options.secret_not_a_reference"
    PASSWORD_AND_KEY = "config_options.password_and_key"
    # Of one protocol each.
    CAMERAS_OR_EVENTS = "config_options.cameras_or_events"
    DELAY_PLACEHOLDER = "config_options.delay_placeholder"  # placeholder
    TS_OR_GROUP = "config_options.ts_or_group"
    TOPIC_LENGTH = "config_options.topic_length"
    TOPIC_WILDCARDS = "config_options.topic_wildcards"  # topic
    TOPIC_LAST_LEVEL = "config_options.topic_last_level"  # topic
    SERIES_OF_GATEWAYS = "config_options.series_of_gateways"
    EVENTS_NOT_WHOLE = "config_options.events_not_whole"
    PUSH_WITHOUT_TOKEN = "config_options.push_without_token"
    BYTES_WITHOUT_PUSH = "config_options.bytes_without_push"
    NO_VARIABLES = "config_options.no_variables"
    POINT_TWICE = "config_options.point_twice"  # point
    POINT_PLACEHOLDER = "config_options.point_placeholder"  # series
    SENSOR_PLACEHOLDER = "config_options.sensor_placeholder"  # series, placeholders: those that tell sensors apart
    STATIONS_OR_BBOX = "config_options.stations_or_bbox"
    BBOX_FORM = "config_options.bbox_form"  # value
    TOO_MANY_STATIONS = "config_options.too_many_stations"
    UNIT_WITHOUT_QUERY = "config_options.unit_without_query"  # series
    TOO_MANY_STEPS = "config_options.too_many_steps"  # limit
    RANGE_WITH_MINUTES = "config_options.range_with_minutes"  # query
    TOPIC_WITHOUT_WORDS = "config_options.topic_without_words"  # topic
    TIME_OR_NAME_TIME = "config_options.time_or_name_time"
    NAME_TIME_WILDCARD = "config_options.name_time_wildcard"  # pattern
    FILE_PLACEHOLDER = "config_options.file_placeholder"
    NAME_PLACEHOLDER = "config_options.name_placeholder"  # series
    NAME_OR_NAME_COLUMN = "config_options.name_or_name_column"
    COLUMN_LETTERS = "config_options.column_letters"  # value
    BLANK_HEADING = "config_options.blank_heading"
    UNKNOWN_ENCODING = "config_options.unknown_encoding"  # encoding
    SEVERAL_STATEMENTS = "config_options.several_statements"
    NOT_A_SELECT = "config_options.not_a_select"
    PARAMETER_MISSING = "config_options.parameter_missing"  # parameter
    SINCE_OF_TEXT = "config_options.since_of_text"  # column, pattern: of its texts
    COMPLETE_WITH_SINCE = "config_options.complete_with_since"
    PARAMETER_UNUSED = "config_options.parameter_unused"  # parameter
    STATION_PLACEHOLDERS = "config_options.station_placeholders"
    FOLDERS_OUTSIDE = "config_options.folders_outside"
