"""Codes of what is wrong with rows of the yaml files and between them, and of what would be right."""

from ioc.domain.base.failure import ErrorCode

# Of ids, and of ids in which {each} stands for the words of `each`.
ID_PATTERN, TEMPLATE_PATTERN = r"^[a-z0-9-]+$", r"^([a-z0-9-]|\{each\})+$"
MAX_ID_LENGTH = 100  # characters


class RowCode(ErrorCode):
    """Sources, series, KPIs, agencies, obligations, access. Texts: components/messages/errors/config_rows.toml."""

    # Names that nothing has; name.
    UNKNOWN_PROTOCOL = "config_rows.unknown_protocol"
    UNKNOWN_OWNER = "config_rows.unknown_owner"
    UNKNOWN_AGENCY = "config_rows.unknown_agency"
    UNKNOWN_DOMAIN = "config_rows.unknown_domain"
    UNKNOWN_PLACE = "config_rows.unknown_place"
    UNKNOWN_STATION = "config_rows.unknown_station"
    UNKNOWN_KPI = "config_rows.unknown_kpi"
    UNKNOWN_DOCUMENT = "config_rows.unknown_document"
    UNKNOWN_TASK = "config_rows.unknown_task"
    UNKNOWN_RETENTION_CLASS = "config_rows.unknown_retention_class"
    UNKNOWN_EVENT_KIND = "config_rows.unknown_event_kind"
    UNKNOWN_SERIES = "config_rows.unknown_series"
    UNKNOWN_STATION_KIND = "config_rows.unknown_station_kind"
    UNKNOWN_UNIT = "config_rows.unknown_unit"  # unit
    # Single values.
    NOT_A_DURATION = "config_rows.not_a_duration"  # value
    DURATION_OUT_OF_RANGE = "config_rows.duration_out_of_range"  # value
    DAY_OUT_OF_RANGE = "config_rows.day_out_of_range"  # value, first, last: years
    NOT_A_TARGET = "config_rows.not_a_target"  # value
    NOT_REPEATABLE = "config_rows.not_repeatable"  # value
    RANGE_NOT_RISING = "config_rows.range_not_rising"  # low, high: as they are typed
    MAINTENANCE_TIMES = "config_rows.maintenance_times"
    MAINTENANCE_ORDER = "config_rows.maintenance_order"
    NO_SERIES_NO_EVENTS = "config_rows.no_series_no_events"
    THRESHOLDS_NOT_RISING = "config_rows.thresholds_not_rising"
    RESERVED_RETENTION_CLASS = "config_rows.reserved_retention_class"  # name
    ISSUER_NOT_HTTPS = "config_rows.issuer_not_https"
    SECRET_IN_FILE = "config_rows.secret_in_file"
    SESSION_LIMITS_ORDER = "config_rows.session_limits_order"
    # Sources and their series.
    AGE_LIMIT_BELOW_INTERVAL = "config_rows.age_limit_below_interval"
    DEADLINE_NOT_BELOW_INTERVAL = "config_rows.deadline_not_below_interval"
    SIMULATED_BESIDE_REAL = "config_rows.simulated_beside_real"
    REAL_OWNER_OF_SIMULATED = "config_rows.real_owner_of_simulated"  # owner
    VARIABLE_NOT_SET = "config_rows.variable_not_set"  # variable
    ADDRESS_EMPTY = "config_rows.address_empty"
    PRIVATE_ADDRESS = "config_rows.private_address"  # host
    ADDRESS_FORM = "config_rows.address_form"  # protocol
    ADDRESS_PASSWORD = "config_rows.address_password"
    ADDRESS_NOT_WEB = "config_rows.address_not_web"
    ADDRESS_NOT_HTTPS = "config_rows.address_not_https"
    SERIES_TAKEN = "config_rows.series_taken"  # series, place
    EVENT_KIND_TWICE = "config_rows.event_kind_twice"  # kind
    KIND_NOT_DECLARED = "config_rows.kind_not_declared"  # kind, kinds
    EACH_MISMATCH = "config_rows.each_mismatch"
    RESERVED_PREFIX = "config_rows.reserved_prefix"  # series, prefix
    REDUNDANT_WITH_OWN_SOURCE = "config_rows.redundant_with_own_source"  # series
    REDUNDANT_WITH_OTHER_UNIT = "config_rows.redundant_with_other_unit"  # series, unit, other, other_unit
    # KPIs.
    NO_TARGET = "config_rows.no_target"  # field
    LIMIT_OUT_OF_ORDER = "config_rows.limit_out_of_order"  # limit
    LIMIT_LESS_SERIOUS = "config_rows.limit_less_serious"  # limit
    LIMIT_TWICE = "config_rows.limit_twice"  # limit
    LIMIT_DIRECTION = "config_rows.limit_direction"  # limit, direction, previous
    RATIO_DENOMINATOR = "config_rows.ratio_denominator"
    LAST_OF_SEVERAL = "config_rows.last_of_several"
    RATIO_NOT_PAIRED = "config_rows.ratio_not_paired"  # series
    NO_PLACES = "config_rows.no_places"
    UNITS_DIFFER = "config_rows.units_differ"  # units
    UNIT_MISMATCH = "config_rows.unit_mismatch"  # unit, series_unit
    UNIT_NEEDS_SCALE = "config_rows.unit_needs_scale"  # unit, series_unit
    DRILL_MIXED = "config_rows.drill_mixed"
    # Agencies and obligations.
    UNTIL_BEFORE_SINCE = "config_rows.until_before_since"
    AGE_LIMIT_BELOW_PERIOD = "config_rows.age_limit_below_period"
    CLOSING_DAY_OF_SHORT_PERIOD = "config_rows.closing_day_of_short_period"
    CELL_TAKEN = "config_rows.cell_taken"  # row, column
    # Suggestions.
    RAISE_AGE_LIMIT = "config_rows.raise_age_limit"
    USUAL_DEADLINE = "config_rows.usual_deadline"
    SEPARATE_STORES = "config_rows.separate_stores"
    NAME_AN_OWNER = "config_rows.name_an_owner"  # names, n
    SET_VARIABLE = "config_rows.set_variable"  # name
    GIVE_ADDRESS = "config_rows.give_address"
    DECLARE_PRIVATE = "config_rows.declare_private"
    ADDRESS_EXAMPLES = "config_rows.address_examples"  # examples
    RISING_LIMITS = "config_rows.rising_limits"
    FALLING_LIMITS = "config_rows.falling_limits"
    LEAST_SERIOUS_FIRST = "config_rows.least_serious_first"
    USE_ANOTHER_OP = "config_rows.use_another_op"
    PAIR_OR_ALL = "config_rows.pair_or_all"
    GIVE_PLACES = "config_rows.give_places"
    USE_ONE_UNIT = "config_rows.use_one_unit"
    SET_SCALE = "config_rows.set_scale"  # scale: as it is typed
    CONVERT_SERIES = "config_rows.convert_series"  # unit
    SEPARATE_KPI = "config_rows.separate_kpi"
    AGE_LIMIT_DAYS = "config_rows.age_limit_days"  # days: as it is typed
    LEAVE_OUT = "config_rows.leave_out"
    SEPARATE_CELL = "config_rows.separate_cell"


class DirectiveCode(ErrorCode):
    """directives.yaml. Texts: components/messages/errors/config_directives.toml."""

    UNKNOWN_GENERATOR = "config_directives.unknown_generator"  # name
    SIMULATED_WITH_REAL_SOURCES = "config_directives.simulated_with_real_sources"
    SECRET_DOCUMENT = "config_directives.secret_document"
    TASK_TWICE = "config_directives.task_twice"  # task
    REAL_AGENCY_OF_SIMULATED = "config_directives.real_agency_of_simulated"  # agency
    # A task's own history; task.
    DUE_BEFORE_ASSIGNED = "config_directives.due_before_assigned"
    EXTENSION_WITHOUT_DUE = "config_directives.extension_without_due"
    EXTENSION_FROM_OTHER_DATE = "config_directives.extension_from_other_date"
    DECIDED_BEFORE_SUBMITTED = "config_directives.decided_before_submitted"
    SUBMISSIONS_OVERLAP = "config_directives.submissions_overlap"
    # Suggestions.
    GENERATED_FORM = "config_directives.generated_form"
    SIMULATED_FOLDER = "config_directives.simulated_folder"
    USE_SIMULATED_AGENCY = "config_directives.use_simulated_agency"
    LATER_DUE = "config_directives.later_due"
    REMOVE_OR_GIVE_DUE = "config_directives.remove_or_give_due"
    OLD_IS_DUE_BEFORE = "config_directives.old_is_due_before"
    DECIDED_AFTER_SUBMITTED = "config_directives.decided_after_submitted"
    OLDEST_FIRST = "config_directives.oldest_first"
