"""Masking of data that tags and entities of HTML split; other markup stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.pii_masking import MASK, mask_personal_data, mask_start

SPLIT = (
    "0912&#45;345&#45;678", "0912<b>345</b>678", "0912&nbsp;345&nbsp;678", "0912&#x2D;345&#x2d;678",
    "0912<br/>345<BR>678", "<b>0912</b> <b>345</b> <b>678</b>", "0912<wbr>345<wbr>678", "0912&ndash;345&hyphen;678",
    "&#48;912345678", "0912&shy;345&#8203;678", "0912&#0;345678", "0912<strong>345 </strong>678",
    "00123<span>4567</span>89", "13A<u>-123.45</u>", "13A&#45;123&period;45", "a&#064;thu.example",
    "a&commat;thu&period;example", "nguyen<b>@</b>thu.example", "nguyen</a>@thu.example", "0912&#1234567;345678",
)  # fmt: skip
# An attribute can hold data itself; what is no tag or entity stays.
ORDINARY = (
    "<b>12</b> hộ, <i>345</i> người", "10<sup>3</sup> m", "A&amp;B, mực nước &lt; 0,5 m", "&nbsp;", "<br><br>",
    "a < b > c", "R&D; 12", "&#45;", "1200<td>345</td>", "&unknown;1", "&#;&#x;", "<b", "m&sup3;/s",
)  # fmt: skip


@pytest.mark.parametrize("text", SPLIT)
def test_data_that_markup_splits_is_masked_with_it(text: str) -> None:
    masked = mask_personal_data(f"Gọi {text} nhé")
    assert masked.replace("<b>", "").replace("</b>", "") == f"Gọi {MASK} nhé"
    assert mask_personal_data(masked) == masked and mask_start(f"Gọi {text} nhé", 10).startswith("Gọi ")


@pytest.mark.parametrize("text", ORDINARY)
def test_other_markup_is_kept(text: str) -> None:
    assert mask_personal_data(text) == text


def test_data_in_an_attribute_is_masked() -> None:
    masked = mask_personal_data('<a href="tel:0912345678">gọi</a> <b title="a@thu.example">x</b>')
    assert masked == f'<a href="tel:{MASK}">gọi</a> <b title="{MASK}">x</b>'


@given(
    st.lists(
        st.sampled_from(("", " ", "<b>", "</B>", "<br>", "&#45;", "&nbsp;", "&#x200b;", "&", "<", "&#", ">", ";")),
        max_size=30,
    ),
    st.text(st.sampled_from("0123456789 aệ\u200b•"), max_size=30),
)
def test_masking_keeps_other_markup_and_changes_nothing_twice(marks: list[str], text: str) -> None:
    shown = "".join(part for pair in zip(marks, text, strict=False) for part in pair)
    masked = mask_personal_data(shown)
    assert mask_personal_data(masked) == masked and (MASK in masked or masked == shown)
