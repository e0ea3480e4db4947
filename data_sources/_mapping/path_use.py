"""Which paths of a row find something in the items: one that finds nothing in any item is likely written wrong."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find, is_null, plain_steps
from data_sources._mapping.sensor_fields import quoted
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseError

_MAX_FIELDS = 300  # characters of the names that a failure lists
_MAX_ITEMS = 10  # whose fields are listed


def has_field(item: Any, path: str) -> bool:
    """Whether `item` has a value at `path`, or says that it has none."""
    try:
        return (isinstance(item, dict) and path in item) or find(item, path) is not None or is_null(item, path)
    except ParseError:
        return True  # it has something that the expression does not fit, which is the reason of a rejected item


def field_names(item: Any, path: str = "") -> list[str]:
    """The fields of `item`, as JMESPath: those of the innermost object on the way to `path` that is there."""
    names: list[str] = []
    prefix = ""
    for step in (*(plain_steps(path) or ()), None):
        if not isinstance(item, dict) or (names and not item):
            break
        names = [prefix + quoted(name) for name in item if isinstance(name, str)]
        prefix, item = f"{prefix}{step}.", item.get(step)
    return names


def listed_fields(items: Sequence[Any], path: str = "") -> str:
    """The fields of the first items on the way to `path`, as a failure lists them; "–" for none."""
    names = dict.fromkeys(name for item in items[:_MAX_ITEMS] for name in field_names(item, path))
    return shorten(", ".join(names), _MAX_FIELDS) or "–"


class PathUse:
    """The paths of a row, each with its option, that items have had since the row's options were made.

    `by_name`: why they find nothing, where the items are the values of an object, as the last answer has it.
    """

    by_name: Failure | None = None

    def __init__(self, paths: Iterable[tuple[str, str]]) -> None:
        self._unmatched = {path: option for option, path in paths if path and path != "@"}
        self._outside: set[str] = set()  # paths at which an answer has something outside its items
        self._fields: dict[str, dict[str, None]] = {}  # by path; a dict as an ordered set
        self._in_parent: set[str] = set()  # paths at which an outer item of `each` has something

    def note(self, items: Sequence[Any], has: Callable[[Any, str], bool] = has_field, document: Any = None) -> None:
        """Take the items of an answer, the `document`, into account. `has`: whether an item has something at a path."""
        for path in list(self._unmatched):
            if any(has(item, path) for item in items):
                del self._unmatched[path]
            else:
                names = self._fields.setdefault(path, {})
                names |= dict.fromkeys(name for item in items[:_MAX_ITEMS] for name in field_names(item, path))
                if isinstance(document, dict) and has_field(document, path):
                    self._outside.add(path)
                if any(_has_text(item.get("parent"), path) for item in items[:_MAX_ITEMS] if isinstance(item, dict)):
                    self._in_parent.add(path)

    def failure(self, path: str) -> Failure | None:
        """Why nothing is read at `path`; None where an item had it, none came, or the row does not name it."""
        if path not in self._unmatched or not (names := self._fields.get(path)):
            return None
        if self.by_name:
            return self.by_name
        if path in self._outside and self._unmatched[path] in ("time", "events.time"):
            return Failure(MappingCode.TIME_OUTSIDE_ITEMS, {"option": self._unmatched[path], "path": path})
        fields = shorten(", ".join(names), _MAX_FIELDS)
        params = {"option": self._unmatched[path], "path": path, "fields": fields}
        code = MappingCode.PATH_IN_PARENT if path in self._in_parent else MappingCode.PATH_UNMATCHED
        return Failure(code, params)

    @property
    def failures(self) -> list[Failure]:
        """For each path that no item has had."""
        return [*dict.fromkeys(failure for path in self._unmatched if (failure := self.failure(path)))]


def _has_text(around: Any, path: str) -> bool:
    with suppress(ParseError):
        return isinstance(around, dict) and type(find(around, path)) in (str, int, float)
    return False
