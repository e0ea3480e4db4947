"""Words that offices write in headings and cells of their sheets of tasks."""

import pytest

from ioc.domain.directives.document_form import parse_place
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
