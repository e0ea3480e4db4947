"""Names that say that a part may tell what a value is, in all the forms in which answers write them."""

import pytest

from data_sources._mapping.qualifier_names import is_qualifier_name, may_be_free_text
from ioc.domain.base.slug import without_accents

VIETNAMESE = (
    "tình trạng", "cảnh báo", "hệ số", "độ tin cậy", "ghi chú", "nguồn", "trạng thái", "hợp lệ", "hiệu chuẩn",
    "bảo trì", "sơ bộ", "ước tính", "mô phỏng", "hệ cao độ", "mốc cao độ", "cao độ chuẩn", "tỷ lệ", "nghi ngờ",
    "bất thường", "mất kết nối", "nguồn số liệu", "đơn vị", "múi giờ", "chất lượng", "thời gian đo", "tổng số",
)  # fmt: skip


@pytest.mark.parametrize("words", VIETNAMESE)
def test_vietnamese_names_in_each_form(words: str) -> None:
    plain = without_accents(words).lower()
    first, *others = plain.split()
    camel = first + "".join(map(str.title, others))
    forms = [words, words.capitalize(), words.upper(), plain, "_".join(plain.split()), "-".join(plain.split()), camel]
    forms += [camel[:1].upper() + camel[1:], "_".join(words.split()), f"{plain.replace(' ', '_')}_tram"]
    assert [form for form in forms if not is_qualifier_name(form)] == []


@pytest.mark.parametrize("words", [one for one in VIETNAMESE if len(one.split()) == 2])
def test_vietnamese_names_written_together(words: str) -> None:
    assert is_qualifier_name("".join(without_accents(words).lower().split()))


@pytest.mark.parametrize("name", ["online", "is_calibrating", "maintenanceMode", "err", "confidence", "verified_by"])
def test_english_names(name: str) -> None:
    assert is_qualifier_name(name)


@pytest.mark.parametrize("name", ["id", "ten_tram", "muc_nuoc", "mực nước", "value", "lat", "độ sâu", "xã", "song"])
def test_other_names(name: str) -> None:
    assert not is_qualifier_name(name)


@pytest.mark.parametrize("name", ["nguồn tin", "nguon", "approvedBy", "chu_thich", "ghiChu", "xac_nhan"])
def test_names_of_texts_about_persons(name: str) -> None:
    assert may_be_free_text(name)
