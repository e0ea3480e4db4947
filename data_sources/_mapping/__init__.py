"""What the options of protocols have in common: no protocol itself, but what each of them is made from.

A protocol whose answer can be turned into plain data (dict, list, text, number, true, null) is this and no more:

    class Options(MappingOptions, RequestOptions):
        \"\"\"What is particular to it, as fields.\"\"\"

    async def fetch(source, world):
        return await options_of(source, Options).get(source, world)

    def parse(source, payload, now):
        return read(options_of(source, Options), map(decode, payload.pages), now)

The mapping says by JMESPath where readings lie: `items` (and `each` inside an item), the `series` as a template whose
holes are JMESPath on the item, `value`, `unit` or `unit_path`, `time` with `time_format` and `zone`, `place`; or
`values` for several in one item. What a message knows beside its body (a topic, the address of a feed) is given to
`read` as `beside`, under a key of its own, where the expressions of every item reach it. An item that cannot be read
is refused with its place, a reason and a sample; the others go on. SourceError only where nothing can be made of a
whole document.

`events` in the same options says where events lie: mapping/events.py shows all of it. A protocol of fixed shape that
brings events builds an EventOptions of its own and calls `read_events(options, document, now)`.

A protocol whose shape is fixed takes the groups that it needs (RequestOptions, NumberOptions, NameOptions) and the
kinds of values (Zone, UnitName, Expression, Template, TimeForm): an option of one name means the same everywhere.
"""

from data_sources._mapping.events import EventOptions, WordMeaning, event_of, expand_word, read_events, text_at
from data_sources._mapping.expressions import find, sample
from data_sources._mapping.field_types import Expression, Template, TimeFormat, UnitName, Zone
from data_sources._mapping.items import MAX_ITEMS, items_of
from data_sources._mapping.options import (
    ItemOptions,
    NameOptions,
    NumberOptions,
    RequestOptions,
    RowOptions,
    options_of,
)
from data_sources._mapping.reader import MappingOptions, read_documents

__all__ = [
    "MAX_ITEMS",
    "EventOptions",
    "Expression",
    "ItemOptions",
    "MappingOptions",
    "NameOptions",
    "NumberOptions",
    "RequestOptions",
    "RowOptions",
    "Template",
    "TimeFormat",
    "UnitName",
    "WordMeaning",
    "Zone",
    "event_of",
    "expand_word",
    "find",
    "items_of",
    "options_of",
    "read_documents",
    "read_events",
    "sample",
    "text_at",
]  # fmt: skip
