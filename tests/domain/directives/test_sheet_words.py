"""Words that offices write in headings and cells of their sheets of tasks."""

import pytest

from ioc.domain.directives.document_form import parse_place
from ioc.domain.directives.sheet_cells import kind_of_document, kind_of_number
from ioc.domain.directives.sheet_fields import SheetField, guess_fields
from ioc.domain.geo.place import AdminUnit
from ioc.domain.geo.unit_names import UnitNames

UNITS = UnitNames([AdminUnit("1", "Ninh Kiều", "phường", 1, 105, 10)])


@pytest.mark.parametrize("text", ["", "Toàn thành phố", "Toàn TP", "Thành phố Cần Thơ", "TP. Cần Thơ", "TP Cần Thơ"])
def test_words_for_the_whole_city_name_no_commune(text: str) -> None:
    assert parse_place(text, UNITS) == ""


def test_how_often_is_reported_is_no_horizon() -> None:
    assert guess_fields(("Kỳ hạn báo cáo", "Kỳ hạn")) == {1: SheetField.HORIZON}
    assert guess_fields(("Kỳ hạn báo cáo",)) == {}


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Số, k/h VB", "number"), ("Số KH VB", "number"), ("Số/KH", "number"), ("Ngày tháng VB", "issued"),
        ("Ngày BH", "issued"), ("N.dung công việc được giao", "title"), ("ĐV chủ trì", "lead"), ("CQ TH", "lead"),
        ("ĐV CT", "lead"), ("CQ PH", "coordinating"), ("Thời hạn h.thành", "due"), ("T.gian TH", "due"),
        ("Ngày, tháng hoàn thành", "due"), ("SP/kết quả", "product"), ("CQ ban hành VB", "issuer"),
        ("Mã NV", "external_id"),
    ],
)  # fmt: skip
def test_abbreviations_in_headings_are_understood(heading: str, name: str) -> None:
    assert guess_fields(("STT", heading)) == {1: SheetField(name)}


@pytest.mark.parametrize("heading", ["LĐ phụ trách", "Kết quả TH", "PH", "CT", "Tiến độ TH", "", "(1)"])
def test_other_headings_are_left_out(heading: str) -> None:
    assert guess_fields(("STT", heading)) == {}


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("97/KH-UBND", "kế hoạch"), ("1007/QĐ-UBND", "quyết định"), ("12 / tb-vpubnd", "thông báo"),
        ("3/CT-UBND", "chỉ thị"), ("35/2026/QĐ-UBND", "quyết định"), ("1035/UBND-KT", ""), ("", ""), ("12", ""),
        ("62/KHCN", ""), ("5/TTr-SXD", "tờ trình"), ("05/CT-TTHT", ""), ("5/CT-TU", "chỉ thị"), ("5/CT", "chỉ thị"),
        ("12/NQ-HĐND", "nghị quyết"), ("35/2026/NQ-HĐND", "nghị quyết"), ("7/KL-TU", "kết luận"),
        ("7-KL/TU", "kết luận"),
        ("05-CT/TU", "chỉ thị"), ("36-HD/VPTW", "hướng dẫn"), ("4/HĐ-STC", "hợp đồng"), ("4/ĐA-UBND", "đề án"),
        ("4/DA-UBND", ""), ("9/CTr-UBND", "chương trình"), ("9/CĐ-UBND", "công điện"),
        ("KL 18/TB-UBND", "thông báo kết luận"), ("TBKL 18/TB-UBND", "thông báo kết luận"), ("KL 18/UBND-KT", ""),
        ("12/QD-UBND", "quyết định"), ("12/2024/TT-BTC", "thông tư"), ("12/TT-VP", ""), ("45/TT-UBND", ""),
        ("123/TC-NS", ""), ("5/CT\u2011TTHT", ""), ("5/CT\u2013UBND", "chỉ thị"), ("7\u2013KL/TU", "kết luận"),
    ],
)  # fmt: skip
def test_number_states_the_kind_of_its_document(number: str, kind: str) -> None:
    assert kind_of_number(number) == kind
    assert kind_of_document(number, "công văn") == (kind or "công văn")


def test_notice_of_conclusions_has_the_symbol_of_a_notice() -> None:
    assert kind_of_document("12/TB-VP", "thông báo kết luận") == "thông báo kết luận"
    assert kind_of_document("12/QĐ-VP", "thông báo kết luận") == "quyết định"
