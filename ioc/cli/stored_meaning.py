"""What is stored keeps its meaning: a changed configuration must not read it as something else.

Values have no unit and no mark of their own: those of the configuration count. Compared is the configuration that was
in force last, and for units of series and open events what is stored with them.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from ioc.config.configuration import Configuration, configuration_from_body
from ioc.domain.base.times import to_ms
from ioc.domain.base.units import is_known_unit, is_same_unit
from ioc.domain.kpis.kpi import Kpi
from ioc.storage import config_log
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.store import Store
from ioc.storage.events.rows import open_drill_marks
from ioc.storage.stored_values import forms_with_submissions, kpis_with_values
from ioc.storage.timeseries.readings import check_units


def refuse_changed_meaning(store: Store, configuration: Configuration, now: datetime) -> None:
    """StoreError where stored values would mean something else: UNIT_CHANGED, EXERCISE_CHANGED, SIMULATION_CHANGED,
    PERIODS_CHANGED.

    A store that cannot be read now, or has no configuration that this program can read, is not judged.
    """
    check_units(store, configuration.sources)
    if (before := _last_configuration(store)) is None:
        return
    if _has_enabled(before) and _has_enabled(configuration) and before.is_simulated != configuration.is_simulated:
        raise StoreError(StoreCode.SIMULATION_CHANGED)
    exercises = _exercises(before)
    for key, is_drill in _exercises(configuration).items():
        if exercises.get(key, is_drill) != is_drill:
            raise StoreError(StoreCode.EXERCISE_CHANGED, series=key)
    _refuse_marked_events(store, before, configuration, now)
    _refuse_changed_kpi_units(store, before.kpis, configuration.kpis)
    _refuse_changed_periods(store, before, configuration)


def _refuse_changed_periods(store: Store, before: Configuration, configuration: Configuration) -> None:
    """What was submitted for October is for its days: with another closing day "2026-10" would be other days."""
    closing_days = {form.key: form.closing_day for form in before.obligations}
    changed = [
        form.key
        for form in configuration.obligations
        if closing_days.get(form.key, form.closing_day) != form.closing_day
    ]
    submitted = set[str]()
    with suppress(StoreError), store.read() as conn:
        submitted = forms_with_submissions(conn, changed)
    for key in sorted(submitted):
        raise StoreError(StoreCode.PERIODS_CHANGED, obligation=key)


def _refuse_changed_kpi_units(store: Store, before: Iterable[Kpi], kpis: Iterable[Kpi]) -> None:
    """A KPI that never had a value may get another unit."""
    units = {kpi.key: kpi.unit for kpi in before}
    changed = [kpi for kpi in kpis if not _is_same_unit(units.get(kpi.key, kpi.unit), kpi.unit)]
    valued = set[str]()
    with suppress(StoreError), store.read() as conn:
        valued = kpis_with_values(conn, [kpi.key for kpi in changed])
    for kpi in changed:
        if kpi.key in valued:
            raise StoreError(StoreCode.UNIT_CHANGED, series=kpi.key, stored=units[kpi.key], unit=kpi.unit)


def _is_same_unit(unit: str, other: str) -> bool:
    return unit == other or (is_known_unit(unit) and is_same_unit(unit, other))


def _refuse_marked_events(store: Store, before: Configuration, configuration: Configuration, now: datetime) -> None:
    """StoreError (EXERCISE_CHANGED) for a row with another mark than its open events, which nothing else would end.

    A real row may list exercises beside what is real: its mark has changed only where it was a drill before.
    """
    marks: set[tuple[str, bool]] = set()
    with suppress(StoreError), store.read() as conn:
        marks = open_drill_marks(conn, to_ms(now))
    drills = {source.key for source in before.sources if source.is_drill}
    for source in configuration.sources:
        may_differ = source.is_enabled and (source.is_drill or source.key in drills)
        if may_differ and (source.key, not source.is_drill) in marks:
            raise StoreError(StoreCode.EXERCISE_CHANGED, series=source.key)


def _last_configuration(store: Store) -> Configuration | None:
    with suppress(StoreError, ValueError), store.read() as conn:
        if digest := config_log.current_hash(conn, None):
            return configuration_from_body(config_log.body(conn, digest))
    return None


def _has_enabled(configuration: Configuration) -> bool:
    return any(source.is_enabled for source in configuration.sources)


def _exercises(configuration: Configuration) -> dict[str, bool]:
    """Of each series that is polled whether it is of an exercise."""
    polled = (source for source in configuration.sources if source.is_enabled)
    return {series.key: source.is_drill for source in polled for series in source.series}
