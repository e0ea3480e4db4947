"""Failures in the reader's language: numbers and times formatted, causes nested, foreign words quoted."""

import errno
import os
from datetime import UTC, datetime

import pytest

from components.ui.error_messages import describe, describe_all, failure_status
from components.ui.i18n import LANGS, catalogue
from data_sources._http.errors import HttpCode, status_error
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.system_errors import SystemCode, system_failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import ValidationCode
from ioc.domain.submissions.errors import SubmissionCode


@pytest.mark.parametrize(
    ("failure", "vi", "en"),
    [
        (
            Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": 2.5}),
            "không trả lời trong 2,5 giây: tăng deadline, hoặc hỏi ít hơn",
            "no answer within 2.5 s: raise deadline, or ask for less",
        ),
        (
            Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": 20000}),
            "quá 20.000 mục: phần còn lại bị bỏ, hỏi ít hơn mỗi lần",
            "more than 20,000 items: the rest was left out, ask for less in one request",
        ),
        (
            Failure(HttpCode.HOST_NOT_ALLOWED, {"host": "10.0.0.7:80"}),
            "10.0.0.7:80 không phải máy chủ của nguồn này: nếu đúng, thêm vào hosts của dòng cấu hình",
            "10.0.0.7:80 is not a host of this source: if this is intended, add it to the row's hosts",
        ),
    ],
)
def test_parameters_are_formatted_for_the_reader(failure: Failure, vi: str, en: str) -> None:
    assert (describe(failure, "vi"), describe(failure, "en")) == (vi, en)


def test_a_time_is_shown_as_local_time() -> None:
    failure = Failure(ParseCode.NOT_A_TIME, {"text": datetime(2026, 11, 25, 6, 30, tzinfo=UTC)})
    assert "13:30 25/11/2026" in describe(failure, "vi")


def test_a_cause_is_described_in_the_same_language() -> None:
    failure = Failure(HttpCode.CONNECT_FAILED, {"cause": Failure(SystemCode.CONNECTION_REFUSED)})
    assert describe(failure, "vi") == "không kết nối được máy chủ: cổng đóng, không ai nghe"
    assert describe(failure, "en") == "the server cannot be reached: connection refused"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503])
def test_the_message_of_a_server_is_quoted_at_the_end(status: int, lang: str) -> None:
    text = describe(status_error(status, None, "key 7: gone {x}").failure, lang)
    assert text.endswith(": “key 7: gone {x}”") and str(status) in text


def test_several_failures_are_separated_by_semicolons() -> None:
    failures = (Failure(HttpCode.NOT_HTTP), Failure(HttpCode.ANSWER_CUT))
    first, second = (describe(failure, "vi") for failure in failures)
    assert describe_all(failures, "vi") == f"{first}; {second}" and "; " not in first + second
    assert describe_all((), "vi") == ""


@pytest.mark.parametrize(
    "number", [errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOSPC, errno.EROFS, errno.ECONNREFUSED]
)
def test_an_error_of_the_system_is_translated(number: int) -> None:
    message = os.strerror(number)
    failure = system_failure(OSError(number, message))
    assert failure.external == "" and message not in describe(failure, "vi")


def test_a_failure_of_an_earlier_version_that_lacks_a_part_is_shown_without_it() -> None:
    failure = Failure(SubmissionCode.APPROVED, {"at": datetime(2026, 11, 24, 7, 30, tzinfo=UTC)})
    assert "… lúc 14:30 24/11/2026" in describe(failure, "vi")


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (None, ""),
        (Failure(HttpCode.ACCESS_REFUSED, {"status": 401}), "refused"),
        (Failure(HttpCode.NAME_NOT_FOUND), "down"),
        (Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": 5}), "slow"),
        (Failure(SystemCode.OTHER, external="Too many open files"), ""),
    ],
)
def test_the_status_of_a_source_follows_from_the_code(failure: Failure | None, status: str) -> None:
    assert failure_status(failure) == status


_SOURCE_SUBJECTS = (
    "cameras", "cap", "decoding", "events", "files", "geojson", "geometry", "gtfs_rt", "http", "ingest", "kiwis",
    "mapping", "mqtt", "ngsi", "open311", "open_meteo", "openaq", "parsing", "prometheus", "rss", "sensorthings",
    "spreadsheet", "sql_view", "tt10", "units", "validation", "waterml", "xml",
)  # fmt: skip
_INTRODUCES_WORDS_OF_A_SERVER = {"errors.ingest.service_message"}


@pytest.mark.parametrize("subject", _SOURCE_SUBJECTS)
def test_reason_of_a_source_says_what_is_wrong_and_what_to_do(subject: str) -> None:
    """What is wrong stands before the colon or semicolon, the cause or what to do after it."""
    texts = {key: text for key, text in catalogue().items() if key.startswith(f"errors.{subject}.")}
    assert texts
    for key in texts.keys() - _INTRODUCES_WORDS_OF_A_SERVER:
        assert all({":", ";"} & set(texts[key][lang]) for lang in LANGS), key


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_an_empty_unit_leaves_no_space(lang: str) -> None:
    params: dict[str, Parameter] = {"value": 120.0, "low": 0.0, "high": 100.0, "unit": ""}
    text = describe(Failure(ValidationCode.OUT_OF_RANGE, params), lang)
    assert " :" not in text and "100:" in text
    assert "100 m:" in describe(Failure(ValidationCode.OUT_OF_RANGE, {**params, "unit": "m"}), lang)


@pytest.mark.parametrize("code", ["http.timeouu", "http.timeo}t", "{ttp.{0}", "{seconds!q}"])
def test_a_code_without_a_text_is_its_own_text(code: str) -> None:
    failure = Failure.from_json({"code": code, "params": {"seconds": 2}, "external": "x"})
    assert describe(failure, "vi") == f"{code}: “x”" and failure_status(failure) == ""
