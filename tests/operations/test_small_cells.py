"""Lines of series that count people by unit: what counts too few is no point of them; other lines are as they are."""

from datetime import timedelta
from pathlib import Path

from config.configuration import Configuration, sealed
from domain.directive import Register
from domain.kpi import Formula, Op
from domain.reading import Reading
from domain.snapshot import Identity
from domain.source import Series
from domain.text import Text
from operations.reads import Reads
from storage import readings
from storage.store import Store
from tests.city import NOW, UNITS, kpi, source

ROW = source(series=(Series("sent-a", Text("a"), "phản ánh", 0, 1e6, "31135"), Series("level", Text("b"), "m")))


def test_a_line_leaves_out_what_counts_too_few(tmp_path: Path) -> None:
    row = kpi("sent", formula=Formula(Op.SUM, ("sent-a",)), by_place=True, small_cells=True)
    identity = Identity(Text("Trung tâm"), Text("Cần Thơ"))
    made = sealed(Configuration(identity, (), (ROW,), (row,), Register(), {}, {}, UNITS, {}), {})
    store = Store(f"sqlite:///{tmp_path / 'ioc.db'}")
    store.migrate()
    counts = [0.0, 1.0, 4.0, 5.0, 12.0]
    times = [NOW - timedelta(minutes=10 * n) for n in range(len(counts), 0, -1)]
    with store.write() as conn:
        for key in ("sent-a", "level"):
            units = "phản ánh" if key == "sent-a" else "m"
            batch = [Reading(key, at, value, units) for at, value in zip(times, counts, strict=True)]
            readings.append(conn, ROW.key, batch, NOW)
    reads = Reads(store, made, lambda: NOW)
    line = reads.history("sent-a", times[0], NOW, 100)
    assert [value for _, value in line if value is not None] == [0.0, 5.0, 12.0]
    assert {1.0, 4.0} <= {value for _, value in reads.history("level", times[0], NOW, 100)}
    store.close()
