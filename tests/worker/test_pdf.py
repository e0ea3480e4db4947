"""PDF through a real Chromium: searchable text, vectors, footers; and a browser that dies."""

import os
import signal
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from pypdf import PdfReader

from ioc.worker import pdf
from ioc.worker.chromium import WarmChromium, find_executable
from ioc.worker.jobs import PrintCode, PrintError, PrintJob
from ioc.worker.pdf import PdfRenderer, PrintSite
from tests.city import NOW
from tests.worker.site import site

# Not among the browser tests: the printer starts a browser of its own, beside which theirs cannot stay open.
pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_executable() is None, reason="no Chromium here")]
ORDER = PrintJob("/", {"key": "a b"}, "vi", "ioc-tong-quan")


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[PdfRenderer]:
    with site() as base:
        renderer = PdfRenderer(PrintSite(base), tmp_path, lambda: NOW)
        yield renderer
        renderer.close()


def test_page_is_printed_as_searchable_vectors(printer: PdfRenderer, tmp_path: Path) -> None:
    result = printer.render(ORDER, 7)
    path = tmp_path / "pdf" / result.file
    assert result.file == "ioc-tong-quan-7.pdf" and [path.name for path in path.parent.iterdir()] == [result.file]
    assert sha256(path.read_bytes()).hexdigest() == result.file_sha256
    sheet = PdfReader(path).pages[0]
    text = " ".join(sheet.extract_text().split())
    assert "Mực nước sông Hậu" in text and "bản đồ đã in" in text
    assert "Bản trích xuất từ hệ thống, chưa ban hành · tình hình lúc 16:18:07 24/11/2026" in text
    assert "Lệnh in số 7, xuất lúc 16:18 24/11/2026" in text
    assert "/?key=a+b&luc=2026-11-24T16:18:07.000&lang=vi" in text
    assert result.content_hash[:16] in text and "Trang 1/1" in text
    assert "giay=1" in text and "theme=light" in text and "rộng 688 px true" in text
    assert not list(sheet.images)
    width, height = sheet.mediabox.width, sheet.mediabox.height
    assert (round(width), round(height)) == (595, 842)


def test_language_of_the_job_and_stable_content_hash(printer: PdfRenderer, tmp_path: Path) -> None:
    other = printer.render(PrintJob("/", {}, "en", "a"), 1)
    sheet = PdfReader(tmp_path / "pdf" / other.file).pages[0]
    assert "not issued" in sheet.extract_text() and "Page 1/1" in sheet.extract_text()
    assert printer.render(ORDER, 2).content_hash == printer.render(ORDER, 3).content_hash != other.content_hash


def test_requested_moment_is_waited_for(printer: PdfRenderer, tmp_path: Path) -> None:
    result = printer.render(PrintJob("/late", {"luc": "2026-11-24T16:18:05.250000+07:00"}, "vi", "a"), 1)
    text = " ".join(PdfReader(tmp_path / "pdf" / result.file).pages[0].extract_text().split())
    assert "lần 3" in text and "luc=2026-11-24T16:18:05.250&lang=vi" in text


def test_failing_and_unready_pages_are_errors(printer: PdfRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PrintError) as caught:
        printer.render(PrintJob("/broken", {}, "vi", "a"), 1)
    assert caught.value.failure.code == PrintCode.PAGE_FAILED
    monkeypatch.setattr(pdf, "READY_SECONDS", 0.5)
    with pytest.raises(PrintError) as caught:
        printer.render(PrintJob("/never", {}, "vi", "a"), 1)
    assert caught.value.failure.code == PrintCode.NOT_READY


def chromium_of_this_process() -> list[int]:
    """The main process of every Chromium that descends from this one."""
    parents: dict[int, int] = {}
    mains = []
    for folder in Path("/proc").iterdir():
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if folder.name.isdigit():
            parents[int(folder.name)] = int(stat[1])
            if b"chrom" in command and b"--headless" in command and b"--type=" not in command:
                mains.append(int(folder.name))

    def ours(pid: int) -> bool:
        while pid > 1 and pid != os.getpid():
            pid = parents.get(pid, 0)
        return pid == os.getpid()

    return [pid for pid in mains if ours(pid)]


def test_died_browser_is_an_error_and_is_restarted(tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_once(path: str) -> None:
        if not killed:
            killed.extend(chromium_of_this_process())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    with site(kill_once) as base:
        printer = PdfRenderer(PrintSite(base), tmp_path, lambda: NOW)
        try:
            with pytest.raises(PrintError) as caught:
                printer.render(ORDER, 1)
            assert killed and caught.value.failure.code == PrintCode.BROWSER_DIED
            assert printer.render(ORDER, 1).size > 1000
        finally:
            printer.close()


def test_idle_browser_is_closed(printer: PdfRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    printer.render(ORDER, 1)
    printer.close_if_idle()
    assert chromium_of_this_process()
    monkeypatch.setattr("ioc.worker.chromium.IDLE_SECONDS", -1.0)
    printer.close_if_idle()
    assert not chromium_of_this_process()


def test_missing_browser_is_an_error(tmp_path: Path) -> None:
    printer = PdfRenderer(PrintSite("http://127.0.0.1:9"), tmp_path, lambda: NOW, WarmChromium(lambda: None))
    with pytest.raises(PrintError) as caught:
        printer.render(ORDER, 1)
    assert caught.value.failure.code == PrintCode.NO_BROWSER
