"""What the result of an import of tasks says comes next."""

from components.directives.sheet_check import done_markup
from ioc.directives.sheet_import import ImportResult

DOCUMENTS = (("vb-1", "1/KH-UBND"), ("vb-2", "2/KH-UBND"))


def test_result_leads_to_tasks_that_wait_and_to_documents_with_inferred_due_dates() -> None:
    waiting = (("vb-1", "1/KH-UBND", 1), ("vb-2", "2/KH-UBND", 2))
    result = ImportResult(DOCUMENTS, 3, 0, 1, 0, (("vb-2", "2/KH-UBND", 2),), waiting)
    markup = done_markup(result, "vi")
    assert 'href="/so-nhiem-vu?van-ban=vb-2&amp;trang-thai=cho-giao">Giao 2 nhiệm vụ mới của 2/KH-UBND' in markup
    assert 'href="/van-ban/vb-2">Xác nhận 2 hạn suy ra của 2/KH-UBND' in markup
    assert 'href="/so-nhiem-vu?han-suy-ra=co&amp;trang-thai=cho-giao">Xem các nhiệm vụ' in markup


def test_result_says_who_assigns_to_who_may_not() -> None:
    result = ImportResult(DOCUMENTS, 2, 0, 0, 0, (), (("vb-1", "1/KH-UBND", 2),))
    markup = done_markup(result, "vi", "Lãnh đạo Văn phòng")
    assert "2 nhiệm vụ mới của 1/KH-UBND đang chờ giao" in markup
    assert "Người giao được: Lãnh đạo Văn phòng." in markup and "Giao 2" not in markup


def test_result_leads_to_inferred_due_dates_of_assigned_tasks() -> None:
    markup = done_markup(ImportResult(DOCUMENTS, 3, 0, 1, 3, (("vb-2", "2/KH-UBND", 2),)), "vi")
    assert 'href="/so-nhiem-vu?han-suy-ra=co">Xem các nhiệm vụ' in markup


def test_result_names_no_step_where_nothing_waits() -> None:
    markup = done_markup(ImportResult(DOCUMENTS, 3, 0, 1, 3), "vi")
    assert "Việc tiếp theo" not in markup and 'href="/van-ban/vb-1"' in markup
