"""Option groups and mapping of plain data, shared by the protocols.

A protocol whose answer can be turned into plain data (dict, list, text, number, true, null) needs no more than this:

    class Options(MappingOptions, RequestOptions):
        \"\"\"Its own options, as fields.\"\"\"

    async def fetch(source, context):
        return await options_of(source, Options).get(source, context)

    def parse(source, payload, now):
        documents = map(decode, payload.pages)
        return read_documents(options_of(source, Options), documents, now, pages=payload.pages)

The mapping says by JMESPath where readings lie: `items` (and `each` inside an item), the `series` as a template whose
placeholders are JMESPath on the item, `value`, `unit` or `unit_path` with `units`, `time` with `time_format` and
`zone`, `place`; or `values` for several in one item. What is known beside the body of a message (its topic, the
address of a feed) is passed to `read_documents` as `context`, under keys of its own, where the expressions of every
item find it. An item that cannot be read is rejected with its location, a failure and a sample; the others are read.
SourceError is raised only when nothing of a whole document can be read.

`events` in the same options says where events lie: see _mapping/events.py. A protocol of a fixed format that brings
events builds an EventOptions of its own and calls `read_events(options, document, now)`.

A protocol of a fixed format takes the groups that it needs (RequestOptions, NumberOptions, NameOptions, UnitOptions)
and the field types (Zone, UnitName, Expression, Template, TimeFormat): an option of one name means the same everywhere.
"""

from data_sources._mapping.certain_zones import zone_failure
from data_sources._mapping.event_texts import text_at
from data_sources._mapping.events import (
    EventOptions,
    WordMeaning,
    event_of,
    expand_word,
    read_events,
    rejected_event,
)
from data_sources._mapping.expressions import find, sample
from data_sources._mapping.failed_answers import check_fields, check_not_failed
from data_sources._mapping.field_types import (
    Expression,
    MissingValue,
    Template,
    TimeFormat,
    TimePattern,
    UnitName,
    Zone,
)
from data_sources._mapping.ignored_fields import without_ignored
from data_sources._mapping.items import MAX_ITEMS, items_of
from data_sources._mapping.list_marks import asks_for_beginning, cut_list_notices, next_link
from data_sources._mapping.mapping_options import MappingOptions
from data_sources._mapping.name_options import NameOptions, SensorOptions, SeriesName
from data_sources._mapping.option_names import option_names
from data_sources._mapping.options import (
    AssumedZone,
    ItemOptions,
    LocalTimeOptions,
    NumberOptions,
    RequestOptions,
    RowOptions,
    UnreadTime,
    options_of,
)
from data_sources._mapping.reader import page_time, read_documents
from data_sources._mapping.sensor_fields import sensor_kind
from data_sources._mapping.templates import check_templates, template_slug
from data_sources._mapping.unit_options import UnitOptions, known_unit, unit_text
from data_sources._mapping.unread_zones import first_zone, zone_candidates, zone_of_name
from data_sources._mapping.value_mapping import ValueMapping
from data_sources._mapping.zones import TimeReader, ZoneOptions

__all__ = [
    "MAX_ITEMS",
    "AssumedZone",
    "EventOptions",
    "Expression",
    "ItemOptions",
    "LocalTimeOptions",
    "MappingOptions",
    "MissingValue",
    "NameOptions",
    "NumberOptions",
    "RequestOptions",
    "RowOptions",
    "SensorOptions",
    "SeriesName",
    "Template",
    "TimeFormat",
    "TimePattern",
    "TimeReader",
    "UnitName",
    "UnitOptions",
    "UnreadTime",
    "ValueMapping",
    "WordMeaning",
    "Zone",
    "ZoneOptions",
    "asks_for_beginning",
    "check_fields",
    "check_not_failed",
    "check_templates",
    "cut_list_notices",
    "event_of",
    "expand_word",
    "find",
    "first_zone",
    "items_of",
    "known_unit",
    "next_link",
    "option_names",
    "options_of",
    "page_time",
    "read_documents",
    "read_events",
    "rejected_event",
    "sample",
    "sensor_kind",
    "template_slug",
    "text_at",
    "unit_text",
    "without_ignored",
    "zone_candidates",
    "zone_failure",
    "zone_of_name",
]  # fmt: skip
