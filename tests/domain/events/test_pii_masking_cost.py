"""The cost of masking: linear, and that of a few scans of the text."""

import re
import time
from collections.abc import Callable

import pytest

from ioc.domain.events.pii_masking import mask_personal_data


def _cost(work: Callable[[str], object], text: str) -> float:
    """The least CPU time of some runs."""
    times = []
    for _ in range(5):
        start = time.process_time()
        work(text)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize(
    ("part", "scans"),
    [
        ("Xe tải đổ ở đường 30/4, quận Ninh Kiều lúc 12:30, ", 20), ("ngap 20 cm o duong Mau Than, 3 ho ", 20),
        ("01_", 120), ("a@a.", 120), ("0 ", 120), ("12 34 ", 120), ("vcb 1 ", 120), ("chứng minh 1 ", 120),
        ("a" * 64 + "@", 120), ("0912345678 ", 120), (" a at b.b.b.b", 120), ("<b>ngập</b> 20&nbsp;cm ", 90),
        ("<b>", 20), ("\u200b", 20),
    ],
)  # fmt: skip
def test_the_cost_of_a_text_is_that_of_a_few_scans(part: str, scans: int) -> None:
    text = (part * 40_000)[:40_000]
    scan = _cost(re.compile(r"(?<!\w)x{9}").findall, text)
    assert _cost(mask_personal_data, text) < scans * scan


@pytest.mark.parametrize(
    "part",
    [
        "0", "1", "a", " ", "01 ", "0100 345 67", "84.", "5,0", "a@", "a at ", "a at b.", "a@b,", "CMND ",
        "13-b", "000 1",
        "0100\ufffd", "\u202d", "\u0301", "(", "0(", "12,0100345678 ", "a.b at mail.example ",
        "13-B1 1234 ", "căn cước ", "BHYT GD 4 92 ", "thẻ đảng 1 ", "TC-00-98 ", "xe TC 00 ", "a(a)b.", "0\t",
        "0100 345 678/", "000 123 456 789,", "a.0100,", "0-1-", "xe13A1",
        "a@@", "a[ at ", "a móc ", "ĐT 9 ", "ĐT (9", "<b>", "0<b>", "&#45;", "0&#45;", "&#0", "TK 1 ", "0912,345.",
        "09-12-", "CC 0 ", "hộ chiếu B123 ", "xe 13P1 23 ", "13-P1 23 ", "(84-1",
    ],
)  # fmt: skip
def test_a_long_text_takes_little_time(part: str) -> None:
    text = (part * 20_000)[:20_000]
    start = time.process_time()
    mask_personal_data(text)
    assert time.process_time() - start < 0.5
