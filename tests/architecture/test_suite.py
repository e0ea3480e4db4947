"""The runs of the test suite: files with a browser are in the run of whole programs, the long files are named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.files import ROOT, TEST_FILES
from tests.conftest import LONGEST_FILES

# A browser of the synchronous Playwright and asynchronous tests cannot share a process: see the Makefile.
PROGRAM_TESTS = ("tests/system", "tests/browser", "tests/benchmarks")


def _is_of_programs(path: Path) -> bool:
    return path.relative_to(ROOT).as_posix().startswith(PROGRAM_TESTS)


def test_tests_with_a_browser_are_in_the_run_of_programs() -> None:
    assert f"PROGRAM_TESTS := {' '.join(PROGRAM_TESTS)}\n" in (ROOT / "Makefile").read_text("utf-8")
    marked = {path for path in TEST_FILES if "pytest.mark.browser" in path.read_text("utf-8")} - {Path(__file__)}
    assert marked and not {path for path in marked if not _is_of_programs(path)}


def test_tests_of_programs_are_synchronous() -> None:
    mixed = {path for path in TEST_FILES if _is_of_programs(path) and "async def test_" in path.read_text("utf-8")}
    assert not mixed


def test_long_files_exist() -> None:
    assert not [name for name in LONGEST_FILES if not (ROOT / "tests" / name).is_file()]


FAILS_UNTIL_MARKED = """
import os
import subprocess
import sys
from pathlib import Path

import pytest
import pytest
@pytest.mark.parametrize("number", range({count}))
def test_second_run(number):
    mark = Path(__file__).with_name(f"mark{{number}}")
    is_second = mark.exists()
    mark.touch()
    assert is_second and {is_mended}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "is_mended", "code", "runs_again"),
    [(5, True, 0, True), (1, False, 1, True), (6, True, 1, False)],
    ids=["passes alone", "fails twice", "too many"],
)
def test_failed_tests_run_once_more(tmp_path: Path, count: int, is_mended: bool, code: int, runs_again: bool) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_new.py").write_text(FAILS_UNTIL_MARKED.format(count=count, is_mended=is_mended))
    command = ["sh", str(ROOT / "scripts/run_tests.sh"), "-q", "-c", str(tmp_path / "pytest.ini"), str(tmp_path)]
    environment = {**os.environ, "BIN": str(Path(sys.executable).parent)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert ("Once more, alone:" in ended.stdout) is runs_again
    assert ("passed alone:" in ended.stdout) is (code == 0)
