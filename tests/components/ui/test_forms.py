"""Fields of forms."""

import pytest

from components.ui.forms import date_field


@pytest.mark.parametrize(("lang", "shown"), [("vi", "ngày/tháng/năm"), ("en", "dd/mm/yyyy")])
def test_empty_day_says_its_form_in_the_language_of_the_page(lang: str, shown: str) -> None:
    assert date_field("day", "", lang)["day"].placeholder == shown
