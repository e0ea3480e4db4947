"""Codes of failures of a GeoReport server's answers."""

from ioc.domain.base.failure import ErrorCode


class Open311Code(ErrorCode):
    """Why an item, or a whole answer, cannot be read. Texts: components/messages/errors/open311.toml."""

    NOT_GEOREPORT = "open311.not_georeport"
    NOT_AN_OBJECT = "open311.not_an_object"  # kind: the type of the item
    UNKNOWN_ITEM = "open311.unknown_item"
    SERVICES_WITHOUT_REPORTS = "open311.services_without_reports"
    ELEMENT_TWICE = "open311.element_twice"  # element
