"""Whether a workbook can be read at all: its reader is native code, which a hostile file ends with the whole process.

What zip_guard measures does not prove it: the reader reserves memory as parts of the file state it, finds them by other
rules, and reads XML that is none. So a short-lived process reads the file first, with bounded memory.
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.ingest.protocol import SourceError

_SCRIPT = Path(__file__).with_name("probe_workbook.py")
_BASE_BYTES, _CELL_BYTES = 192 * 1_048_576, 700  # of memory
_CPU_SECONDS, _MAX_SECONDS = 60, 120


def check_readable(body: bytes, max_cells: int) -> None:
    """SourceError (READER_FAILED) where the reader of workbooks ends, or takes more than `max_cells` cells need."""
    spec = find_spec("python_calamine")
    assert spec is not None and spec.origin is not None
    limits = (_BASE_BYTES + _CELL_BYTES * max_cells, _CPU_SECONDS)
    command = (sys.executable, "-I", "-S", str(_SCRIPT), str(Path(spec.origin).parents[1]), *map(str, limits))
    try:
        subprocess.run(command, input=body, stderr=subprocess.DEVNULL, timeout=_MAX_SECONDS, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise SourceError(SpreadsheetCode.READER_FAILED) from None
