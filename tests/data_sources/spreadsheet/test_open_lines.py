"""The last line of a text file without a line break may be half written: it is read once it is whole."""

import os
from pathlib import Path

import pytest

from data_sources.spreadsheet import fetch, parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, client_factory, row

LEVEL = {"time": "Ngày", "columns": {"level": "Mức"}, "decimal": "."}
WHOLE = "Ngày;Mức\n05/10/2026;12.5\n"


async def read(path: Path, text: str, encoding: str = "utf-8", *, unended_line: bool = False) -> Batch:
    path.write_bytes(text.encode(encoding))
    os.utime(path, (NOW.timestamp() - 60, NOW.timestamp() - 60))
    source = row(path.parent.as_uri(), {**LEVEL, "unended_line": unended_line})
    async with client_factory() as factory:
        return parse(source, await fetch(source, factory.context_for(source)), NOW)


def values(batch: Batch) -> list[float | None]:
    return [reading.value for reading in batch.readings]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("line", ["06/10/2026;1", '06/10/2026;"12', "06/10/2026;-", "06/10/2026;12.75  "])
async def test_half_written_line_is_rejected_until_it_is_whole(tmp_path: Path, line: str, encoding: str) -> None:
    batch = await read(tmp_path / "a.csv", WHOLE + line, encoding)
    assert values(batch) == [12.5] and codes(batch) == [SpreadsheetCode.LINE_NOT_ENDED]
    assert batch.rejected_items[0].location == "a.csv: A3"
    batch = await read(tmp_path / "a.csv", f"{WHOLE}06/10/2026;12.75\n", encoding)
    assert values(batch) == [12.5, 12.75] and not batch.rejected_items


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\n \t", "\n\x1a"])
async def test_line_that_a_break_ends_is_read(tmp_path: Path, end: str) -> None:
    batch = await read(tmp_path / "a.csv", WHOLE + "06/10/2026;12.75" + end)
    assert values(batch) == [12.5, 12.75] and not batch.rejected_items


async def test_whole_line_before_an_open_one_is_read(tmp_path: Path) -> None:
    batch = await read(tmp_path / "a.csv", WHOLE + ";")
    assert values(batch) == [12.5] and not batch.rejected_items


async def test_row_may_say_that_no_break_ends_the_last_line(tmp_path: Path) -> None:
    batch = await read(tmp_path / "a.csv", WHOLE + "06/10/2026;12.75", unended_line=True)
    assert values(batch) == [12.5, 12.75] and not batch.rejected_items
