"""Reasons on the screen: known ones in its words, unknown ones as they are kept."""

import errno
import os

import pytest
from yarl import URL

from components.ui.error_messages import config_error_text, rejection_text, source_error_text
from components.ui.i18n import LANGS, catalogue
from data_sources._http.errors import status_error as refused
from tests.city import NOW

KEPT = {
    "no answer within 5 s": "không trả lời trong 5 giây",
    "127.0.0.1:80 gave no whole answer within 2.5 s": "không trả lời trong 2,5 giây",
    "h:80 refuses us (401): no permission": "máy chủ từ chối truy cập (401): thiếu khóa hoặc quyền",
    "127.0.0.1:80 answered 429: too many requests": "máy chủ báo gọi quá nhiều lần (429)",
    "127.0.0.1:80 answered 503: not available for now": "máy chủ trả lời lỗi 503",
    "h:80 answered 500: the server failed; it says: no ts_id 7": "máy chủ trả lời lỗi 500: “no ts_id 7”",
    "127.0.0.1:80 closed the connection without an answer": "máy chủ ngắt kết nối giữa chừng",
    "mqtt.example.org:8883 refuses us: we are not authorised": "máy chủ từ chối: không được cấp quyền",
    "h:1883 refuses the topic 'a/#': not authorised": "máy chủ không cho nhận chủ đề (topic) 'a/#'",
    "h:1883 ended the connection: it is shutting down": "máy chủ chấm dứt kết nối: đang tắt",
    "h:1883 gives no answer": "máy chủ chưa trả lời",
    "the gateway said that it is offline: tram/a": "thiết bị trung chuyển báo đã ngừng hoạt động",
    "the certificate of h:8883 is not trusted: expired": "chứng thư của máy chủ không được tin cậy",
    "the answer is HTML, not JSON": "câu trả lời là trang web, không phải số liệu",
    "the answer is in no charset that can be read": "không đọc được chữ trong câu trả lời: không phải UTF-8, máy chủ"
    " cũng không nói đúng bảng mã (như windows-1258); nhờ bên cung cấp ghi charset hoặc đổi sang UTF-8",
    "10.0.0.7:80 is not a host of this source": "10.0.0.7:80 không phải máy chủ của nguồn này: nếu đúng, thêm vào hosts"
    " của dòng cấu hình",
    "/srv/a.1.2.zip is no backup of the centre": "/srv/a.1.2.zip không phải bản sao lưu của trung tâm, hoặc đã hỏng",
    "nothing could be kept: items[0]: time is missing": "không có mục nào dùng được trong câu trả lời (items[0]: thiếu"
    " thời điểm)",
    "nothing could be kept: a b: c: d": "không có mục nào dùng được trong câu trả lời",
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503])
def test_what_a_server_says_of_its_refusal_is_shown_in_both_languages(status: int, lang: str) -> None:
    told = refused(URL("http://h:80/"), status, None, NOW, "key 7; it says: gone").failure
    assert source_error_text(told, lang).endswith("“key 7; it says: gone”") and str(status) in source_error_text(
        told, lang
    )


@pytest.mark.parametrize(("kept", "said"), KEPT.items())
def test_a_known_reason_is_said_in_vietnamese(kept: str, said: str) -> None:
    assert source_error_text(kept, "vi") == said
    assert source_error_text(kept, "en") != said


def test_a_moment_in_it_is_written_as_the_city_writes_it() -> None:
    assert rejection_text("time lies ahead: 2026-11-25T06:30:00+00:00", "vi").endswith("tương lai: 13:30 25/11/2026")
    assert rejection_text("time lies ahead: 2026-99-25T06:30:00+00:00", "en").endswith("2026-99-25T06:30:00+00:00")


@pytest.mark.parametrize(
    "number", [errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOSPC, errno.EROFS, errno.ECONNREFUSED]
)
def test_what_the_machine_says_is_said_in_vietnamese(number: int) -> None:
    said = os.strerror(number)
    for kept, tell in (
        (said, source_error_text),
        (f"it cannot be read: {said}", config_error_text),
        (f"/a.zip cannot be written: {said}", source_error_text),
    ):
        assert said not in tell(kept, "vi") and said in tell(kept, "en"), kept


def test_a_file_that_is_no_json_says_where() -> None:
    told = config_error_text("it cannot be read: Expecting value: line 3 column 7 (char 40)", "vi")
    assert told == "không đọc được: không đúng JSON ở dòng 3, cột 7"


def test_a_large_count_is_written_as_the_city_writes_it() -> None:
    assert rejection_text("more than 20000 items: the rest was left out", "vi") == "quá 20.000 mục: phần còn lại bị bỏ"
    assert (
        rejection_text("more than 20000 items: the rest was left out", "en")
        == "more than 20000 items: the rest was left out"
    )


def test_an_unknown_one_is_shown_as_it_is() -> None:
    assert source_error_text("something new", "vi") == "something new"


def test_every_reason_is_in_both_languages() -> None:
    for key, message in catalogue().items():
        if key.startswith("reasons."):
            assert all(message[lang] for lang in LANGS)
