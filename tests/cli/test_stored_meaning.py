"""A changed configuration must not read what is stored as something else."""

from dataclasses import replace

import pytest

from ioc.cli.stored_meaning import refuse_changed_meaning
from ioc.config.configuration import Configuration
from ioc.storage import config_log
from ioc.storage.db.errors import StoreCode
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import readings
from tests.poller.running import configured, poll_source
from tests.storage.expected_store import START

BEFORE = configured(poll_source("a"))


def changed(**changes: object) -> Configuration:
    return configured(replace(poll_source("a"), **changes))  # type: ignore[arg-type]


def with_kpi_unit(unit: str) -> Configuration:
    (kpi,) = BEFORE.kpis
    return replace(BEFORE, kpis=(replace(kpi, unit=unit),))


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (changed(series=(replace(poll_source("a").series[0], unit="cm"),)), StoreCode.UNIT_CHANGED),
        (with_kpi_unit("cm"), StoreCode.UNIT_CHANGED),
        (changed(is_drill=not poll_source("a").is_drill), StoreCode.EXERCISE_CHANGED),
        (changed(is_simulated=not poll_source("a").is_simulated), StoreCode.SIMULATION_CHANGED),
        (BEFORE, None),
    ],
)
def test_a_configuration_that_changes_a_meaning_is_refused(
    store: Store, after: Configuration, code: StoreCode | None
) -> None:
    refuse_changed_meaning(store, after)  # nothing is stored yet
    with store.write() as conn:
        readings.declare_series(conn, BEFORE.sources)
        config_log.record(conn, BEFORE.body, START)
    if code is None:
        refuse_changed_meaning(store, after)
        return
    with pytest.raises(StoreError) as caught:
        refuse_changed_meaning(store, after)
    assert caught.value.failure.code == code
