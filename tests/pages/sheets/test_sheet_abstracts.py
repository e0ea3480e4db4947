"""The abstract that the form of an import proposes."""

from typing import Any

from tests.pages.sheet_site import PageOf


def test_sheet_without_abstracts_proposes_its_title_or_the_name_of_its_file(page_of: PageOf) -> None:
    page, headings = page_of("vp"), "Số, ký hiệu,Ngày ban hành,Nội dung nhiệm vụ,Chủ trì,Thời hạn\n"
    titled = f"VĂN PHÒNG\nBẢNG THEO DÕI NHIỆM VỤ NĂM 2026\n{headings}"
    assert proposed(page.send(titled.encode())) == "BẢNG THEO DÕI NHIỆM VỤ NĂM 2026"
    page.values |= {"sheet-import-abstract.value": "Của tôi", "sheet-import-proposed.data": "BẢNG THEO DÕI"}
    assert proposed(page.send(headings.encode())) is None  # what was typed stays
    page.values["sheet-import-abstract.value"] = "BẢNG THEO DÕI"
    assert proposed(page.send(headings.encode(), "giao việc.csv")) == "giao việc"


def proposed(shown: dict[str, Any]) -> str | None:
    value: str | None = shown.get("sheet-import-abstract", {}).get("value")
    return value
