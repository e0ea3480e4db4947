"""What the serializers share: the attributes of several objects as those of one, agencies' names."""

from typing import Any

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.snapshot import Snapshot

_MISSING = object()


class Attributes:
    """The attributes of several objects as those of one: `values`, else that of the first object that has it."""

    def __init__(self, *objects: object, **values: object) -> None:
        self._objects = objects
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        for part in self._objects:
            if (value := getattr(part, name, _MISSING)) is not _MISSING:
                return value
        raise AttributeError(name)


def agency_name(snapshot: Snapshot, key: str) -> LocalizedText:
    """The name of an agency, its key when it is not known."""
    return snapshot.agency_names.get(key, LocalizedText(key))
