"""The paths of an answer that are read, as a tree that can be walked beside the answer."""

from collections.abc import Iterator

from data_sources._mapping.expression_reads import ENTRIES, VALUES, Path, position_of


class PathTree:
    """Paths that are read, as a tree. `is_end`: one of them ends here; `is_whole`: all that is below is read too."""

    def __init__(self) -> None:
        self.below: dict[str, PathTree] = {}
        self.is_end = self.is_whole = False

    def add(self, path: Path, *, is_whole: bool) -> None:
        """Add a path."""
        here = self
        for name in path:
            here = here.below.setdefault(name, PathTree())
        here.is_end, here.is_whole = True, here.is_whole or is_whole

    def step(self, name: str, width: int = 0) -> "Iterator[PathTree]":
        """What is read below `name`, of a list whose first `width` entries are told apart."""
        position = position_of(name)
        if name != ENTRIES and position is None:
            yield from (self.below[one] for one in dict.fromkeys((name, VALUES)) if one in self.below)
            return
        for read, inner in self.below.items():
            at = position_of(read)
            if read == ENTRIES or (at is not None and _is_same_position(at, position, width)):
                yield inner
        if self.is_end:  # the entries of a list that is read
            yield _END


def _is_same_position(read: int, position: int | None, width: int) -> bool:
    """Whether an entry may be at the position `read`. `position` None: of those that are not told apart."""
    if position is None:
        return read not in range(width)
    return read in (position, position - width)


_END = PathTree()
_END.is_end = True
