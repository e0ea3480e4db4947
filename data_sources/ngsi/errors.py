"""Codes of failures of a context broker's answers."""

from ioc.domain.base.failure import ErrorCode


class NgsiCode(ErrorCode):
    """Why an entity, or a whole answer, cannot be read. Texts: components/messages/errors/ngsi.toml."""

    NO_ENTITIES = "ngsi.no_entities"
    NOT_AN_ENTITY = "ngsi.not_an_entity"  # kind: the type of the item
    OTHER_TYPE = "ngsi.other_type"  # found: the type of the entity; type: that of the row
    NAME_MISSING = "ngsi.name_missing"  # field: the placeholder without a value; fields: what the entity has
    NOT_STRUCTURED = "ngsi.not_structured"  # attribute: of a plain value; path: that of the row into it
    TIME_MISSING = "ngsi.time_missing"  # attribute, fields: the attributes that have one
    NO_TIME = "ngsi.no_time"  # attribute
    TIMES_MISSING = "ngsi.times_missing"  # n: values without a time of their own
    INDEX_MISMATCH = "ngsi.index_mismatch"  # attribute
    DATASET_MISSING = "ngsi.dataset_missing"  # known, wanted
    DEFAULT_DATASET_MISSING = "ngsi.default_dataset_missing"  # known
    SHARE_UNITS = "ngsi.share_units"  # unit: the broker's code or text, stated: the unit of the row
    PAGES_END = "ngsi.pages_end"  # total, read: entities
    LAST_PAGE_FULL = "ngsi.last_page_full"
