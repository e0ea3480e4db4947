"""The heads of the parts of a request that sends a file."""

import pytest

from ioc.web.errors.codes import RequestCode
from tests.directives.evidence_samples import PDF
from tests.pages.directive_city import DirectiveCity
from tests.pages.test_evidence import city
from tests.pages.test_task import browser_of
from tests.web.views.conftest import Centre

__all__ = ["city"]


@pytest.mark.parametrize(
    "head", [b"A: b\r\n" * 40_000, b"A: b\r\n" + b" c\r\n" * 200_000, b"A: " + b"b" * 900_000 + b"\r\n"], ids=len
)  # fmt: skip
@pytest.mark.parametrize(
    "before", [b"", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"], ids=["first", "second"]
)
def test_head_of_a_part_that_is_large_is_not_searched(
    centre: Centre, city: DirectiveCity, head: bytes, before: bytes
) -> None:
    """The search is one call that keeps all other threads waiting."""
    browser = browser_of(centre, "gd-a")
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n' + head
    answer = browser.client.post(
        "/files/evidence", base_url=browser.base, data=before + part + b"\r\n" + PDF + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )  # fmt: skip
    assert (answer.status_code, answer.get_json()["code"]) == (413, RequestCode.TOO_LARGE)
