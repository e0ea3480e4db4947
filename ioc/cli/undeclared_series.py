"""What `try` prints of the series that a row does not declare: their keys, and those that it cannot declare."""

from collections.abc import Iterator
from dataclasses import dataclass

from components.ui.i18n import t
from ioc.cli.hints import hint_for
from ioc.config.row_codes import MAX_ID_LENGTH
from ioc.domain.ingest.reading import Batch, RejectedItem, ValidationCode
from ioc.domain.ingest.source import Source

_MAX_KEYS = 10


@dataclass(frozen=True, slots=True)
class UndeclaredSeries:
    """The undeclared series of the admitted `batch` of `source`. `lists_all`: all keys instead of the first ones."""

    source: Source
    batch: Batch
    lang: str
    lists_all: bool = False

    def lines(self) -> Iterator[str]:
        """One line for all series, with what the answer has for each, and one for keys that no row may have."""
        items = [item for item in self.batch.rejected_items if is_undeclared(item)]
        if not items:
            return
        samples = {item.location: item.sample for item in reversed(items)}
        keys = list(dict.fromkeys(item.location for item in items))
        names = [f"{key} ({samples[key]})" if samples[key] else key for key in self._keys_to_list(keys)]
        series = self._joined(names, len(keys))
        yield t("commands.series_undeclared", self.lang, n=len(keys), items=len(items), series=series)
        if long := [key for key in keys if len(key) > MAX_ID_LENGTH]:
            hint = hint_for("keys_too_long", self.source.option_names)
            series = self._joined(self._keys_to_list(long), len(long))
            yield t(f"commands.{hint}", self.lang, n=len(long), limit=MAX_ID_LENGTH, series=series)

    def _keys_to_list(self, keys: list[str]) -> list[str]:
        return keys if self.lists_all else keys[:_MAX_KEYS]

    def _joined(self, shown: list[str], count: int) -> str:
        return ", ".join([*shown, *(["…"] if count > len(shown) else [])])


def is_undeclared(item: RejectedItem) -> bool:
    """Whether an item is rejected because the row does not declare its series."""
    return item.failure.code == ValidationCode.SERIES_NOT_IN_ROW
