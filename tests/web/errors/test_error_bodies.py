"""Bodies of error responses."""

from flask import Flask

from ioc.auth.errors import AuthCode
from ioc.domain.base.failure import Failure
from ioc.web.errors.bilingual_page import bilingual_page
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.json_errors import error_response
from ioc.web.errors.request_error import RequestError


def test_field_of_a_response_may_have_any_name() -> None:
    with Flask(__name__).test_request_context():
        body = error_response(RequestError(RequestCode.NOT_READY), status="not ready", failure=1).get_json()
    assert (body["status"], body["failure"], body["code"]) == ("not ready", 1, RequestCode.NOT_READY)


def test_response_holds_no_text_that_json_cannot() -> None:
    with Flask(__name__).test_request_context():
        failure = Failure(AuthCode.USERNAME_TAKEN, {"name": "a\ud800\u202e"})
        assert error_response(RequestError(failure)).get_json()["params"] == {"name": "a\ufffd\ufffd"}


def test_page_has_each_text_in_its_language() -> None:
    page = bilingual_page({"vi": "Lỗi <1>", "en": "Fault"}, "IOC")
    assert '<p lang="vi">Lỗi &lt;1&gt;</p><p lang="en">Fault</p>' in page and "<title>IOC</title>" in page
    assert "style" not in page and "script" not in page
