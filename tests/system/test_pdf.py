"""Every page of the running demonstration as PDF: title, time, sources, and no sheet left half empty."""

import json
import re
from collections import Counter

import pytest

from tests.system.program import Program
from tests.system.sheets import Sheet, headings, sheets, without_spaces

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGES = {
    "/": "Tổng quan",
    "/tuong": "Tổng quan",
    "/ban-do": "Bản đồ",
    "/chi-dao": "Chỉ đạo",
    "/chi-dao/mp-15-2025": "15/MP-UBND",
    "/chi-so": "Chỉ số",
    "/chi-so/water-level": "Mực nước sông Hậu",
    "/nguon": "Nguồn dữ liệu",
    "/don-vi": "So sánh các phường, xã",
    "/can-chu-y": "Cần chú ý",
}
NAMES = {
    "/": "overview", "/tuong": "wall", "/ban-do": "map", "/chi-dao": "directives", "/chi-so": "kpis",
    "/chi-dao/mp-15-2025": "directive?key=mp-15-2025", "/chi-so/water-level": "kpi?key=water-level",
    "/nguon": "sources", "/don-vi": "units", "/can-chu-y": "attention",
}  # fmt: skip
MIN_FILLED = 0.35  # of a sheet that is followed by another


def printed(full: Program, address: str) -> list[Sheet]:
    """The sheets of a PDF."""
    return sheets(full.printed(address))


def frame(full: Program, path: str) -> dict[str, dict[str, dict[str, str]]]:
    name = NAMES[path]
    content: dict[str, dict[str, dict[str, str]]] = full.json(
        f"/live/{name}{'&' if '?' in name else '?'}lang=vi&giay=1"
    )
    return content


@pytest.mark.parametrize("path", PAGES)
def test_pdf_has_title_page_numbers_time_and_simulated_mark(full: Program, path: str) -> None:
    pages = printed(full, f"/pdf{path}")
    page_headings = headings(frame(full, path))
    for n, sheet in enumerate(pages, 1):
        assert without_spaces(f"Trang {n}/{len(pages)}") in sheet.text
        assert without_spaces(PAGES[path]) in sheet.text
        assert without_spaces("DỮ LIỆU MÔ PHỎNG") in sheet.text
        assert without_spaces("Bản trích xuất từ hệ thống, chưa ban hành") in sheet.text
        assert re.search(r"tìnhhìnhlúc\d\d:\d\d:\d\d\d\d/\d\d/\d{4}", sheet.text)
        assert re.search(r"Lệnhinsố\d+,xuấtlúc\d\d:\d\d\d\d/\d\d/\d{4}", sheet.text)
        assert not sheet.loose, "a font is not embedded"
        assert not any(heading == sheet.body[-1] for heading in page_headings), f"a heading ends sheet {n}"
        assert n == len(pages) or sheet.filled > MIN_FILLED, f"sheet {n} is filled by {sheet.filled:.0%}"


@pytest.mark.parametrize("path", ["/", "/tuong"])
def test_pdf_names_the_source_of_every_tile(full: Program, path: str) -> None:
    first = printed(full, f"/pdf{path}")[0]
    overview = full.json("/api/v1/kpis")["overview"]
    assert len(overview) == 8
    assert first.text.count("Nguồn:") >= len(overview)
    # Disagreements, which attention lists at some hours, state theirs too.
    assert first.text.count(without_spaces("số liệu lúc")) >= len(overview)


def test_pdf_names_the_source_of_every_kpi(full: Program) -> None:
    text = "".join(page.text for page in printed(full, "/pdf/chi-so"))
    assert text.count("Nguồn:") == len(full.kpis())


def points(full: Program) -> list[str]:
    """The names of the points of the map."""
    texts = re.search(r"<data hidden>(.*)</data>", frame(full, "/ban-do")["panels"]["map-tooltip-texts"]["markup"])
    assert texts
    return [point[0] for point in json.loads(texts[1])["points"]]


def test_pdf_map_fills_its_page_and_lists_its_points(full: Program) -> None:
    before = points(full)
    pages = printed(full, "/pdf/ban-do")
    assert pages[0].filled > 0.8
    lasting = (Counter(before) & Counter(points(full))).elements()  # events begin and end while it is printed
    names = [without_spaces(name) for name in lasting]
    table = pages[1:]
    rows = "".join(sheet.text for sheet in table)
    assert len(names) > 20
    assert [name for name in names if name not in rows] == []
    words = (
        without_spaces(word) for word in ("bình thường", "cần chú ý", "nghiêm trọng", "chưa cập nhật", "lỗi nguồn")
    )
    assert sum(rows.count(word) for word in words) >= len(names)
    for head in ("Số đo", "Giá trị", "Tình trạng", "Nguồn"):
        assert all(without_spaces(head) in sheet.text for sheet in table), f"no column head {head}"


def test_pdf_map_does_not_list_points_of_hidden_layers(full: Program) -> None:
    text = "".join(page.text for page in printed(full, "/pdf/ban-do?lop=kind-traffic.kind-weather.kind-rain"))
    assert without_spaces("Tốc độ – Đường") not in text and without_spaces("Bệnh viện 1") in text


def test_pdf_is_printed_in_english(full: Program) -> None:
    first = printed(full, "/pdf/nguon?lang=en")[0]
    assert without_spaces("SIMULATED DATA") in first.text and "Page1/" in first.text


def test_address_in_the_pdf_shows_the_same_moment(full: Program) -> None:
    address = re.search(r"xemlại:https?://[^/]+(/\S*?luc=\S+?&lang=vi)", printed(full, "/pdf/can-chu-y")[0].text)
    assert address
    again = printed(full, f"/pdf{address[1]}")[0]
    assert address[1] in again.text
