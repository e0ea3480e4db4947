"""What stands at a moment, present or past: the one rule of tile, table, chart, map, API, public page and paper.

The poller records values when something changes. These functions give the state of a record at a later time.
Sources are judged by the same `is_outdated` (ioc.domain.ingest.health).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ioc.domain.ingest.health import FAILING_STATES, SourceHealth, SourceState, is_outdated
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import FigureState, KpiValue, Latest, Severity


def figure_state(
    source_state: SourceState, data_time: datetime | None, age_limit: timedelta, at: datetime
) -> FigureState:
    """The state at `at` of data of `data_time` (None: there is none) whose source is in `source_state`.

    Data of a lost source stands until its age limit.
    """
    if source_state is SourceState.OFF:
        return FigureState.OFF
    is_failing = source_state in FAILING_STATES
    if data_time is None:
        return FigureState.ERROR if is_failing else FigureState.NO_DATA
    if is_outdated(data_time, age_limit, at):
        return FigureState.ERROR if is_failing else FigureState.STALE
    return FigureState.OK


def series_state(latest: Latest | None, source: Source, health: SourceHealth, at: datetime) -> FigureState:
    """The state of a single series' figure at `at`. `latest`: its newest reading, None before the first."""
    data_time = None if latest is None or latest.value is None else latest.observed
    return figure_state(health.state, data_time, source.age_limit, at)


def value_at(value: KpiValue, healths: Mapping[str, SourceHealth], at: datetime) -> KpiValue:
    """`value`, the newest record of a KPI, as it stands at `at`: without its number once an input is too old.

    `healths`: by source, as known at `at`. A number is never computed here: what a screen shows is in the log.
    """
    if (expires_at := value.expires_at) is None or not value.is_expired(at):
        return value
    health = healths.get(value.expiring_source)
    state = figure_state(health.state if health else SourceState.LIVE, value.data_time, value.age_limit, at)
    return replace(
        value,
        state=state,
        since=min(expires_at, at),
        value=None,
        level="",
        severity=Severity.NORMAL,
        change=None,
        reason=value.expiring_source,
        is_phoned=False,
        is_target_met=None,
    )
