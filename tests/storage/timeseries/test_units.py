"""The unit of a series stays once a value is stored, and is corrected as long as none is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from ioc.domain.base.failure import Failure
from ioc.domain.submissions.submission import SubmissionEvent, SubmissionEventType
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.schema import series
from ioc.storage.db.store import Store, StoreError
from ioc.storage.submissions import submissions
from ioc.storage.timeseries import readings
from tests.city import source
from tests.storage.expected_store import START, make_readings

ROW = source()
(LEVEL,) = ROW.series
OTHER = replace(ROW, series=(replace(LEVEL, unit="cm"),))


def append(conn: Connection, *values: float | None) -> None:
    for n, value in enumerate(values):
        batch = make_readings(LEVEL.key, [(0, value)])
        readings.append(conn, ROW.key, batch, START + n * timedelta(minutes=1))


def append_hours(conn: Connection) -> None:
    readings.backfill_hours(conn, ROW.key, make_readings(LEVEL.key, [(n * 600, 1.0) for n in range(50)]))


def submit(conn: Connection) -> None:
    event = SubmissionEvent(
        0, "daily", "2026-11-24", SubmissionEventType.SUBMITTED, START, "an", "so", awaits_approval=True
    )
    submissions.add(conn, event, {LEVEL.key: 3.0})


@pytest.mark.parametrize(
    "store_value",
    [lambda conn: append(conn, 1.0), lambda conn: append(conn, 1.0, None), append_hours, submit],
    ids=["value", "corrected to none", "hours", "submitted"],
)
def test_series_with_values_keeps_its_unit(store: Store, store_value: Callable[[Connection], None]) -> None:
    with store.write() as conn:
        readings.declare_series(conn, [ROW])
        store_value(conn)
        readings.declare_series(conn, [ROW, replace(ROW, key="other")])
    with pytest.raises(StoreError) as caught, store.write() as conn:
        readings.declare_series(conn, [OTHER])
    params = {"series": LEVEL.key, "stored": LEVEL.unit, "unit": "cm"}
    assert caught.value.failure == Failure(StoreCode.UNIT_CHANGED, params)
    readings.check_units(store, [ROW])
    with pytest.raises(StoreError):
        readings.check_units(store, [OTHER])


@pytest.mark.parametrize("values", [(), (None,)])
def test_unit_of_a_series_without_values_is_corrected(store: Store, values: tuple[float | None, ...]) -> None:
    with store.write() as conn:
        readings.declare_series(conn, [ROW])
        append(conn, *values)
    readings.check_units(store, [OTHER])
    assert stored_unit(store) == LEVEL.unit  # a check writes nothing
    with store.write() as conn:
        readings.declare_series(conn, [OTHER])
    assert stored_unit(store) == "cm"
    with store.write() as conn:
        append(conn, 1.0)
    with pytest.raises(StoreError):
        readings.check_units(store, [ROW])


def stored_unit(store: Store) -> str:
    with store.read() as conn:
        return str(conn.execute(select(series.c.unit).where(series.c.key == LEVEL.key)).scalar_one())
