"""The parameter `luc` means the same for pages and for the API."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.web.api.params import ApiError, as_of
from ioc.web.live.query import parse_query
from tests.city import NOW
from tests.domain.base.test_times import REFUSED, SPELLINGS


def page_moment(text: str) -> object:
    query = parse_query("home", urlencode({"luc": text}))
    return query.error_key or query.moment


def api_moment(text: str) -> object:
    try:
        return as_of({"luc": text}, NOW)
    except ApiError:
        return "connection.bad_moment"


@pytest.mark.parametrize("text", [*SPELLINGS, *REFUSED, "", "  ", "2026-11-24"])
def test_pages_and_api_read_the_same_moment_or_refuse_both(text: str) -> None:
    assert page_moment(text) == api_moment(text)


@given(st.from_regex(r"[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}[T ]{0,2}[0-9:+ Z]{0,14}", fullmatch=True))
def test_texts_that_look_like_a_time_agree_too(text: str) -> None:
    page = page_moment(text)
    assert api_moment(text) in (page, "connection.bad_moment") if _is_future(page) else api_moment(text) == page


def _is_future(moment: object) -> bool:
    return not isinstance(moment, str) and moment is not None and moment > NOW  # type: ignore[operator]
