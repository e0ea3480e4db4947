"""What the options of a source say of its events: kinds that the row declares, units that exist."""

from typing import Any

from pydantic import ValidationError

from data_sources._mapping import RowOptions
from ioc.config.errors import ConfigFault, suggest
from ioc.config.row_codes import RowCode
from ioc.config.rows import LocatedRow, check_exists
from ioc.config.schema.base import SourceRow
from ioc.config.schema.place import PlaceIndex
from ioc.domain.base.failure import Failure


def check_kinds(located: LocatedRow[SourceRow], module: Any) -> list[ConfigFault]:
    """The row declares the kinds of the events that its options bring: others would be rejected.

    A row that declares no kind need not declare that which is the protocol's usual one.
    """
    options, kinds = _valid_options(located.row, module), [event.kind for event in located.row.events]
    stated = options.stated_kinds.items() if options else ()
    return [
        located.fault(
            Failure(RowCode.KIND_NOT_DECLARED, {"kind": kind, "kinds": ", ".join(kinds) or "–"}), suggest(kind, kinds),
            "options", *path,
        )
        for path, kind in stated
        if kind not in kinds and (kinds or path[0] in located.row.options)
    ]  # fmt: skip


def check_places(located: LocatedRow[SourceRow], module: Any, places: PlaceIndex) -> list[ConfigFault]:
    """The codes of units in the options of events exist."""
    options = _valid_options(located.row, module)
    return [
        fault
        for path, code in (options.stated_places.items() if options else ())
        for fault in check_exists(located, RowCode.UNKNOWN_PLACE, code, places.units, "options", *path)
    ]


def _valid_options(row: SourceRow, module: Any) -> RowOptions | None:
    """The options as those of the protocol; None where they are wrong, which is said elsewhere."""
    model: Any = getattr(module, "Options", object)
    try:
        return model.model_validate(row.options) if issubclass(model, RowOptions) else None
    except ValidationError:
        return None
