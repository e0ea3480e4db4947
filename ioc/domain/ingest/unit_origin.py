"""Who names the unit of a reading: the answer, the row of its source, or only its series."""

from dataclasses import replace

from ioc.domain.base.failure import Failure
from ioc.domain.base.units import MeantUnit, UnitCode, is_same_unit, needs_name
from ioc.domain.ingest.reading import Reading, ValidationCode


def is_unit_assumed(reading: Reading, unit: str) -> bool:
    """Whether nothing but the series says that the reading is in `unit`."""
    is_beside = (unread := reading.unread_beside(unit)) is not None and unread.is_unit_beside(unit)
    return reading.names_unit is False and not is_beside and needs_name(unit)


def is_unit_named(reading: Reading, unit: str) -> bool:
    """Whether the answer names the unit of a reading of a series in `unit`, or the row another than that."""
    field = reading.unread_beside(unit)
    in_field = field is not None and field.name is None and not field.may_be_other
    return bool(reading.names_unit) or in_field or bool(reading.unit and not is_same_unit(reading.unit, unit))


def lacks_unit(reading: Reading, unit: str) -> bool:
    """Whether neither the answer nor the row names a unit, so that `unit`, that of the series, is assumed."""
    is_sure = (unread := reading.unread_beside(unit)) is None or (unread.is_unit_beside(unit) and not unread.is_of_some)
    return (reading.lacks_unit or not is_sure) and needs_name(unit)


def unit_failure(failure: Failure, reading: Reading) -> Failure:
    """`failure` of a conversion, or that the row states the unit, by itself or as the meaning of a text."""
    if failure.code != UnitCode.DIFFERENT_QUANTITY:
        return failure
    if isinstance(reading.unit, MeantUnit):
        return Failure(ValidationCode.UNIT_MEANT, {**failure.params, "text": reading.unit.text})
    return replace(failure, code=ValidationCode.UNIT_OF_ROW) if reading.names_unit is None else failure
