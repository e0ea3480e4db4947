"""The arithmetic and the table of the benchmarks; no measured times."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from benchmarks import installation, mqtt, poller_run
from benchmarks.__main__ import main
from benchmarks.figures import BenchmarkFigure, available_cpu_share, format_value, percentile, summary, table
from benchmarks.installation import QUICK, SOURCES, configure
from benchmarks.process import cpu_seconds, memory_mb, process_tree
from data_sources import protocols
from ioc.config.loading import load


def test_percentile_is_the_smallest_value_that_the_share_does_not_exceed() -> None:
    assert percentile(list(range(1, 101)), 0.95) == 95
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([7.0], 0.95) == 7.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0"), (0.01234, "0.0123"), (4.5, "4.5"), (12345.6, "12,346"), (99.996, "100")],
)
def test_numbers_are_rounded_to_three_significant_digits_or_to_whole_numbers(value: float | None, text: str) -> None:
    assert format_value(value) == text


def test_verdict_is_ok_missed_or_none_by_the_goal() -> None:
    verdicts = [
        BenchmarkFigure("x", value, goal, "s").verdict
        for value, goal in ((1.0, 1.0), (1.1, 1.0), (None, 1.0), (1, None))
    ]
    assert verdicts == ["ok", "MISSED", "none", ""]
    assert [BenchmarkFigure("x", value, 2.0, "/s", is_minimum=True).verdict for value in (2.0, 1.9)] == ["ok", "MISSED"]


def test_table_is_aligned_in_columns() -> None:
    figures = [BenchmarkFigure("a", 1.0, 2.0, "s", "how"), BenchmarkFigure("longer name", None, 50.0, "kB", "why not")]
    head, *rows = table(figures).splitlines()
    assert len(rows) == 2
    assert all(row.index(word) == head.index("unit") for row, word in zip(rows, ("s ", "kB"), strict=True))
    assert summary(figures) == "1 of 2 goals met"


def test_workload_has_a_quick_source(tmp_path: Path) -> None:
    configure(tmp_path, 8051)
    sources = json.loads((tmp_path / "sources.yaml").read_text("utf-8"))
    assert len(sources) == SOURCES + 1
    assert sources[-1]["key"] == QUICK
    assert sources[-1]["address"].endswith(f"/load/{SOURCES}")
    assert {series["key"] for series in sources[-1]["series"]}.isdisjoint(
        series["key"] for series in sources[-2]["series"]
    )


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: installation.configure(folder / "config", 8051),
        lambda folder: mqtt.configure(folder, 1883),
        lambda folder: poller_run.configure(folder / "config", 8051, 3, every=1.0, kpis=True),
        lambda folder: poller_run.configure(folder / "config", 8051, 3, every=10.0, kpis=False),
    ],
)
def test_configurations_of_the_benchmarks_are_valid(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path)
    loaded = load(tmp_path / "config", {}, protocols(), today=date(2026, 11, 27))
    assert loaded.sources


def test_cpu_share_is_between_0_and_1() -> None:
    assert 0.0 < available_cpu_share(0.01) <= 1.0


def test_process_figures_include_this_process() -> None:
    import os

    assert os.getpid() in process_tree(os.getppid())
    assert cpu_seconds(os.getpid()) > 0
    assert memory_mb([os.getpid()])[0] > 1


def test_failed_part_is_reported_and_the_benchmark_ends_with_code_0(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[BenchmarkFigure]:
        raise RuntimeError("no room on the disk")

    monkeypatch.setattr("benchmarks.lines.figures", broken)
    assert main(["--only", "lines"]) == 0
    assert "no room on the disk" in capsys.readouterr().out
