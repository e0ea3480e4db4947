"""Changes of dictionaries that can be undone, for the cost of the changes alone."""

from typing import Any, TypeVar

_MISSING: Any = object()
K = TypeVar("K")
V = TypeVar("V")


class ChangeLog:
    """Sets and removes entries, and remembers what they were since the last `forget`."""

    def __init__(self) -> None:
        self._changes: list[tuple[dict[Any, Any], Any, Any]] = []

    def set(self, target: dict[K, V], key: K, value: V) -> None:
        """Sets an entry, which becomes the last one."""
        self._changes.append((target, key, target.pop(key, _MISSING)))
        target[key] = value

    def remove(self, target: dict[K, V], key: K) -> V | None:
        """Removes and returns an entry; None when there is none."""
        if key not in target:
            return None
        value = target.pop(key)
        self._changes.append((target, key, value))
        return value

    def undo(self) -> None:
        """Restores all entries, not their order."""
        while self._changes:
            target, key, value = self._changes.pop()
            if value is _MISSING:
                del target[key]
            else:
                target[key] = value

    def forget(self) -> None:
        """The changes stay."""
        self._changes.clear()
