"""Every page of the running demonstration on paper: whole, named, dated, sourced, and no sheet left half empty."""

import json
import re

import pytest

from tests.system.program import Program
from tests.system.sheets import Sheet, close, headings, sheets

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
LEAST = 0.35  # of a sheet that is followed by another


def printed(full: Program, address: str) -> list[Sheet]:
    """Who is told to wait asks again, as a browser does: others may use the processor, too."""
    status, headers, body = full.ask(address, seconds=45)
    for _ in range(3):
        if status == 202:
            status, headers, body = full.ask(headers["Location"], seconds=45)
    assert (status, headers["Content-Type"]) == (200, "application/pdf"), body[:300]
    return sheets(body)


def frame(full: Program, path: str) -> dict[str, dict[str, dict[str, str]]]:
    name = NAMES[path]
    told: dict[str, dict[str, dict[str, str]]] = full.json(f"/live/{name}{'&' if '?' in name else '?'}lang=vi&giay=1")
    return told


@pytest.mark.parametrize("path", PAGES)
def test_a_page_on_paper(full: Program, path: str) -> None:
    found = printed(full, f"/pdf{path}")
    heads = headings(frame(full, path))
    for n, sheet in enumerate(found, 1):
        assert close(f"Trang {n}/{len(found)}") in sheet.text
        assert close(PAGES[path]) in sheet.text
        assert close("DỮ LIỆU MÔ PHỎNG") in sheet.text
        assert close("Bản trích xuất từ hệ thống, chưa ban hành") in sheet.text
        assert re.search(r"tìnhhìnhlúc\d\d:\d\d:\d\d\d\d/\d\d/\d{4}", sheet.text)
        assert re.search(r"Lệnhinsố\d+,xuấtlúc\d\d:\d\d\d\d/\d\d/\d{4}", sheet.text)
        assert not sheet.loose, "a font is not embedded"
        assert not any(one == sheet.body[-1] for one in heads), f"a heading ends sheet {n}"
        assert n == len(found) or sheet.filled > LEAST, f"sheet {n} is filled by {sheet.filled:.0%}"


@pytest.mark.parametrize("path", ["/", "/tuong"])
def test_every_tile_names_its_source(full: Program, path: str) -> None:
    first = printed(full, f"/pdf{path}")[0]
    shown = full.json("/api/v1/kpis")["overview"]
    assert len(shown) == 8
    assert first.text.count("Nguồn:") >= len(shown)
    assert first.text.count(close("số liệu lúc")) == len(shown)


def test_every_indicator_of_the_list_names_its_source(full: Program) -> None:
    text = "".join(one.text for one in printed(full, "/pdf/chi-so"))
    assert text.count("Nguồn:") == len(full.kpis())


def test_the_map_fills_its_sheet_and_its_points_stand_in_a_table(full: Program) -> None:
    found = printed(full, "/pdf/ban-do")
    assert found[0].filled > 0.8
    names = re.search(r"<data hidden>(.*)</data>", frame(full, "/ban-do")["panels"]["map-tooltip-texts"]["markup"])
    assert names
    points = json.loads(names[1])["points"]
    table = found[1:]
    rows = "".join(one.text for one in table)
    assert len(points) > 20
    assert [one[0] for one in points if close(one[0]) not in rows] == []
    words = (close(one) for one in ("bình thường", "cần chú ý", "nghiêm trọng", "chưa cập nhật", "lỗi nguồn"))
    assert sum(rows.count(one) for one in words) >= len(points)
    for head in ("Số đo", "Giá trị", "Tình trạng", "Nguồn"):
        assert all(close(head) in one.text for one in table), f"no column head {head}"


def test_what_is_not_shown_is_not_in_the_table(full: Program) -> None:
    text = "".join(one.text for one in printed(full, "/pdf/ban-do?lop=kind-traffic.kind-weather.kind-rain"))
    assert close("Tốc độ – Đường") not in text and close("Bệnh viện 1") in text


def test_a_page_on_paper_in_english(full: Program) -> None:
    first = printed(full, "/pdf/nguon?lang=en")[0]
    assert close("SIMULATED DATA") in first.text and "Page1/" in first.text


def test_the_moment_on_paper_can_be_seen_again(full: Program) -> None:
    found = re.search(r"xemlại:(/\S*?luc=\S+?&lang=vi)", printed(full, "/pdf/can-chu-y")[0].text)
    assert found
    again = printed(full, f"/pdf{found[1]}")[0]
    assert found[1] in again.text
