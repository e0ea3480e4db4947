"""The bench's own arithmetic and its table; what it measures is not tested by time."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.figures import BenchmarkFigure, available_cpu_share, format_value, percentile, summary, table
from benchmarks.installation import QUICK, SOURCES, configure
from benchmarks.process import cpu_seconds, memory_mb, process_tree


def test_a_percentile_is_the_smallest_value_that_the_share_does_not_exceed() -> None:
    assert percentile(list(range(1, 101)), 0.95) == 95
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([7.0], 0.95) == 7.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0"), (0.01234, "0.0123"), (4.5, "4.5"), (12345.6, "12,346"), (99.996, "100")],
)
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert format_value(value) == text


def test_verdicts_tell_met_missed_and_unmeasured() -> None:
    verdicts = [
        BenchmarkFigure("x", value, goal, "s").verdict
        for value, goal in ((1.0, 1.0), (1.1, 1.0), (None, 1.0), (1, None))
    ]
    assert verdicts == ["ok", "MISSED", "none", ""]
    assert [BenchmarkFigure("x", value, 2.0, "/s", is_minimum=True).verdict for value in (2.0, 1.9)] == ["ok", "MISSED"]


def test_the_table_stands_in_columns() -> None:
    figures = [BenchmarkFigure("a", 1.0, 2.0, "s", "how"), BenchmarkFigure("longer name", None, 50.0, "kB", "why not")]
    head, *rows = table(figures).splitlines()
    assert len(rows) == 2
    assert all(row.index(word) == head.index("unit") for row, word in zip(rows, ("s ", "kB"), strict=True))
    assert summary(figures) == "1 of 2 goals met"


def test_the_workload_has_its_quick_source(tmp_path: Path) -> None:
    configure(tmp_path, 8051)
    sources = json.loads((tmp_path / "sources.yaml").read_text("utf-8"))
    assert len(sources) == SOURCES + 1
    assert sources[-1]["key"] == QUICK
    assert sources[-1]["address"].endswith(f"/load/{SOURCES}")
    assert {one["key"] for one in sources[-1]["series"]}.isdisjoint(one["key"] for one in sources[-2]["series"])


def test_the_share_of_a_core_is_a_share() -> None:
    assert 0.0 < available_cpu_share(0.01) <= 1.0


def test_proc_tells_of_this_process() -> None:
    import os

    assert os.getpid() in process_tree(os.getppid())
    assert cpu_seconds(os.getpid()) > 0
    assert memory_mb([os.getpid()])[0] > 1


def test_a_part_that_fails_is_told_and_the_bench_still_ends_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[BenchmarkFigure]:
        raise RuntimeError("no room on the disk")

    monkeypatch.setattr("benchmarks.lines.figures", broken)
    assert main(["--only", "lines"]) == 0
    assert "no room on the disk" in capsys.readouterr().out
