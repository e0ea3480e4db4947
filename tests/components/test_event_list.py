"""The list of events: most serious first, strangers' text as text, every mark where it belongs."""

from dataclasses import replace

from components.event_list import SHOWN, chips, event_list, ordered, stage_word, told_facts
from domain.severity import Severity
from tests.city import HOUR, NOW, full_city, told


def test_a_row_says_where_what_since_when_and_who() -> None:
    said = str(event_list(full_city(), "vi", ""))
    for part in (
        "Ngập nước trên đường",
        "phường Ninh Kiều",
        "đang xử lý",
        "Trạm thủy văn (mô phỏng)",
        "lĩnh vực: hạ tầng",
    ):
        assert part in said


def test_text_of_a_stranger_stays_text() -> None:
    view = told("x")
    bad = replace(view, event=replace(view.event, title="<img src=x onerror=alert(1)>", facts={"<b>": "<i>"}))
    said = str(event_list(replace(full_city(), events=(bad,)), "vi", ""))
    assert "<img" not in said and "<b>" not in said and "&lt;img" in said


def test_an_exercise_disagreement_and_lateness_are_said_in_both_languages() -> None:
    view = told("x", drill=True, apart=("due", "stage"), sources=("sim-tide", "sim-beds"))
    city = replace(full_city(), events=(replace(view, event=replace(view.event, due=NOW - HOUR)),))
    for lang, words in (("vi", ("DIỄN TẬP", "quá hạn", "hạn xử lý")), ("en", ("EXERCISE", "overdue", "due time"))):
        assert all(word in str(event_list(city, lang, "")) for word in words)


def test_the_most_serious_stand_first_and_a_long_list_says_how_long_it_is() -> None:
    calm = told("calm")
    calm = replace(calm, event=replace(calm.event, severity=Severity.NORMAL, observed=NOW))
    assert [one.event.key for one in ordered([calm, told("x")])] == ["x", "calm"]
    many = replace(full_city(), events=tuple(told(f"k{n}") for n in range(SHOWN + 5)))
    said = str(event_list(many, "vi", ""))
    assert f"{SHOWN} mục đầu trong {SHOWN + 5}" in said and said.count('<tr class="sev-') == SHOWN


def test_chips_count_what_stands_and_mark_the_chosen_kind() -> None:
    said = str(chips(full_city(), "vi", "report"))
    assert 'aria-current="true"' in said and "Phản ánh hiện trường" in said


def test_facts_wear_words_of_the_screen_and_what_the_program_reads_is_none() -> None:
    facts = {"agency": "Cơ quan B", "topic-flood": "1", "hls": "http://x.example", "depth": "3"}
    event = replace(told("x").event, facts=facts)
    assert told_facts(event, "vi") == [("cơ quan xử lý", "Cơ quan B"), ("depth", "3")]
    assert told_facts(event, "en")[0] == ("agency", "Cơ quan B")


def test_a_field_is_shown_by_its_name_and_by_its_code_only_where_nothing_tells_its_name() -> None:
    event = replace(told("x").event, facts={"service": "den-duong", "service-name": "Đèn đường"})
    assert told_facts(event, "vi") == [("lĩnh vực", "Đèn đường")]
    assert told_facts(replace(event, facts={"service": "den-duong"}), "vi") == [("lĩnh vực", "den-duong")]


def test_the_words_of_an_alert_are_said_in_the_language_of_the_screen() -> None:
    view = told("x")
    facts = {"severity": "Severe", "urgency": "Expected", "certainty": "Likely", "category": "Met", "area": "Past"}
    view = replace(view, event=replace(view.event, word="Update", facts=facts))
    said = dict(told_facts(view.event, "vi"))
    assert said["mức độ nơi phát nêu"] == "nghiêm trọng" and said["nhóm"] == "khí tượng"
    assert said["tính cấp bách"] == "sắp xảy ra" and said["độ chắc chắn"] == "nhiều khả năng"
    assert said["khu vực"] == "Past"  # what people wrote stays what they wrote
    assert (stage_word(view, "vi"), stage_word(view, "en")) == ("cập nhật", "updated")
    own = replace(view, event=replace(view.event, word="đang xử lý"))
    assert stage_word(own, "en") == "đang xử lý"
