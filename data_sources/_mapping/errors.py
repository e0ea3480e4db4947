"""Codes of failures in mapping plain data to readings and events."""

from ioc.domain.base.failure import ErrorCode


class MappingCode(ErrorCode):
    """Why an item, or a whole document, cannot be mapped. Texts: components/messages/errors/mapping.toml."""

    FIELD_MISSING = "mapping.field_missing"  # field; fields: that the item has there
    EXPRESSION_FAILED = "mapping.expression_failed"  # path; external: the JMESPath library's message
    DAMAGED_TEXT_IN_FILTER = "mapping.damaged_text_in_filter"  # path: that filters or computes
    JSON_IN_TEXT = "mapping.json_in_text"  # path
    NOTHING_AT_PATH = "mapping.nothing_at_path"  # path
    PATH_UNMATCHED = "mapping.path_unmatched"  # option, path, fields: that the items have there
    IGNORED_UNMATCHED = "mapping.ignored_unmatched"  # option; names: of fields that no answer has
    PATH_IN_PARENT = "mapping.path_in_parent"  # as PATH_UNMATCHED, of a path in the outer items of `each`
    TIME_OUTSIDE_ITEMS = "mapping.time_outside_items"  # option, path: of the whole answer
    TIME_OF_DAY_MISSING = "mapping.time_of_day_missing"  # text: a day and a space; option: another one than time
    ITEMS_NOT_SET = "mapping.items_not_set"  # option: that says where the list is; path: of the list
    ITEMS_BY_NAME = "mapping.items_by_name"  # option, expression: that reads the items; names: of the first items
    # series; n, names: of the members of an object; field: for may_differ; write: options that read the names
    MEMBERS_OF_ONE_SERIES = "mapping.members_of_one_series"
    LIST_MISSING = "mapping.list_missing"  # item: what names it, or its location; path
    UNIT_MISSING = "mapping.unit_missing"  # path
    UNIT_NOT_TEXT = "mapping.unit_not_text"  # path, kind: the type of what is there
    UNIT_FALSE = "mapping.unit_false"  # path: with &&; write: unit_path as YAML
    UNITS_DIFFER = "mapping.units_differ"  # first, second: units that the answer names for one value
    # unit: that the row states; path, other: a field that the row does not read, and the unit there
    UNIT_OF_ROW_CONTRADICTED = "mapping.unit_of_row_contradicted"
    # text; unit: in it; path, other: a field that the row does not read, and the unit there
    NUMBER_UNIT_UNREAD = "mapping.number_unit_unread"
    WORD_UNKNOWN = "mapping.word_unknown"  # table: the option with the known words; word
    OBJECT_LEFT_OUT = "mapping.object_left_out"  # path
    SERIES_NAME_MISSING = "mapping.series_name_missing"  # field: of a template of `values`
    # field: of a template, empty in this item; option: of the template; filter: option as YAML
    SERIES_NAME_EMPTY = "mapping.series_name_empty"
    NO_VALUES = "mapping.no_values"  # fields: that the item has
    ZONE_UNREAD = "mapping.zone_unread"  # text: a time; path, named: a field, the zone in it; assumed: zone; write
    TIMES_IN_LIST = "mapping.times_in_list"  # option, path: of a list of n times; last, write: time, items as YAML
    TIMES_OF_VALUES = "mapping.times_of_values"  # first_path, second_path: of unread times of one item; first, second
    ZONE_NOT_KNOWN = "mapping.zone_not_known"  # as ZONE_UNREAD without write: the text does not tell the zone
    ZONE_WITHOUT_SUMMER = "mapping.zone_without_summer"  # as ZONE_NOT_KNOWN: a summer time; assumed: zone of the row
    ZONE_IN_NAME = "mapping.zone_in_name"  # as ZONE_UNREAD; path: of the time, whose name has the zone
    UTC_IN_NAME = "mapping.utc_in_name"  # as ZONE_IN_NAME, of UTC; write: an expression for the path, as YAML
    ZONES_OF_ITEMS = "mapping.zones_of_items"  # as ZONE_UNREAD, of items in several zones; assumed: that of the row
    ANSWER_FAILED = "mapping.answer_failed"  # mark: the field that says so; external: the server's message
    NOTHING_MAPPED = "mapping.nothing_mapped"  # fields: those that the row names; found: those that the items have
    EVENT_TIME_MISSING = "mapping.event_time_missing"
    PAGE_TIME = "mapping.page_time"  # path, cause
    PAGE_TIME_MISSING = "mapping.page_time_missing"  # path; fields: that the answer has there
    NOT_CBOR = "mapping.not_cbor"
    CBOR_KEY_TWICE = "mapping.cbor_key_twice"
    CBOR_REFERENCES = "mapping.cbor_references"
    NOT_A_SUBMISSION = "mapping.not_a_submission"


class GeometryCode(ErrorCode):
    """Why a geometry is rejected. Texts: components/messages/errors/geometry.toml."""

    TOO_MANY_VERTICES = "geometry.too_many_vertices"  # limit
    TOO_MANY_POINTS = "geometry.too_many_points"  # limit
    UNKNOWN_TYPE = "geometry.unknown_type"  # kind
    NO_TYPE = "geometry.no_type"  # fields: of the object, or the list in its place
    IS_TEXT = "geometry.is_text"  # text
    LINE_TOO_SHORT = "geometry.line_too_short"
    RING_OPEN = "geometry.ring_open"
    RING_TOO_SHORT = "geometry.ring_too_short"
    NOT_A_LIST = "geometry.not_a_list"  # kind
    NOT_TWO_NUMBERS = "geometry.not_two_numbers"  # sample
    SWAPPED = "geometry.swapped"  # lon, lat
    FIELDS_SWAPPED = "geometry.fields_swapped"  # lon, lat: of two fields that the row names
    OUT_OF_RANGE = "geometry.out_of_range"  # lon, lat
    TOO_WIDE = "geometry.too_wide"


class XmlCode(ErrorCode):
    """Why an answer cannot be read as XML. Texts: components/messages/errors/xml.toml."""

    NOT_XML = "xml.not_xml"
    TOO_LARGE = "xml.too_large"  # tags, attributes: the limits
    NAMES_TOO_LONG = "xml.names_too_long"
    DTD_OR_ENTITIES = "xml.dtd_or_entities"
    NOT_WELL_FORMED = "xml.not_well_formed"  # external: the parser's message
