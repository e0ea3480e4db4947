"""What the result of an import of tasks says comes next."""

from components.directives.sheet_check import done_markup
from components.directives.task_numbers import with_parts
from ioc.directives.sheet_import import ImportResult
from ioc.domain.directives.task_numbers import NO_TASKS, TaskNumbers

DOCUMENTS = (("vb-1", "1/KH-UBND"), ("vb-2", "2/KH-UBND"))


def test_result_leads_to_tasks_that_wait_and_to_documents_with_inferred_due_dates() -> None:
    waiting = (("vb-1", "1/KH-UBND", 1, 0), ("vb-2", "2/KH-UBND", 2, 8))
    result = ImportResult(DOCUMENTS, 3, 0, 1, NO_TASKS, (("vb-2", "2/KH-UBND", 2, 8),), waiting, parts=8)
    markup = done_markup(result, "vi")
    new, dues, tasks = (with_parts(each, 8, "vi") for each in ("2 nhiệm vụ mới", "2 hạn suy ra", "4 nhiệm vụ"))
    assert f'href="/so-nhiem-vu?van-ban=vb-2&amp;trang-thai=cho-giao">Giao {new}' in markup
    assert f'href="/van-ban/vb-2">Xác nhận {dues} của 2/KH-UBND' in markup
    assert 'href="/so-nhiem-vu?han-suy-ra=co&amp;trang-thai=cho-giao">Xem các nhiệm vụ' in markup
    assert f"Đã nhập {tasks}: 3 mới, 0 thay đổi, 1 không đổi.<" in markup


def test_result_says_who_assigns_to_who_may_not() -> None:
    result = ImportResult(DOCUMENTS, 2, 0, 0, NO_TASKS, (), (("vb-1", "1/KH-UBND", 2, 0),))
    markup = done_markup(result, "vi", "Lãnh đạo Văn phòng")
    assert "2 nhiệm vụ mới của 1/KH-UBND đang chờ giao" in markup
    assert "Người giao được: Lãnh đạo Văn phòng." in markup and "Giao 2" not in markup


def test_result_leads_to_inferred_due_dates_of_assigned_tasks() -> None:
    markup = done_markup(ImportResult(DOCUMENTS, 3, 0, 1, TaskNumbers(3, 4), (("vb-2", "2/KH-UBND", 2, 0),)), "vi")
    assert 'href="/so-nhiem-vu?han-suy-ra=co">Xem các nhiệm vụ' in markup
    assert f"1 không đổi. Đã giao {with_parts('3 nhiệm vụ', 4, 'vi')}.<" in markup


def test_result_names_no_step_where_nothing_waits() -> None:
    markup = done_markup(ImportResult(DOCUMENTS, 3, 0, 1, TaskNumbers(3)), "vi")
    assert "Việc tiếp theo" not in markup and 'href="/van-ban/vb-1"' in markup
