"""The objects around the items of an answer, with only the fields that may name a unit or a zone.

Every item looks through them: an object keyed by a thousand stations would else be read a thousand times.
"""

from collections.abc import Iterable
from typing import Any

from data_sources._mapping.unit_fields import comparable_name, may_name_unit
from data_sources._mapping.unread_fields import Holder, holders_of_items, is_description
from data_sources._mapping.unread_zones import may_name_zone


def naming_holders(document: Any, path: str) -> list[Holder]:
    """`holders_of_items` for the unit and the zone of each item at `path`."""
    return [holder._replace(fields=dict(_naming(holder.fields.items()))) for holder in holders_of_items(document, path)]


def _naming(fields: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    for name, value in fields:
        key = comparable_name(name)
        if may_name_unit(key) or may_name_zone(key) or is_description(key):
            yield name, value
