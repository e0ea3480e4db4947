"""What an act on a task states stands in words in the audit log."""

import json

import pytest

from components.access.audit_log import change_text
from components.ui.i18n import t
from ioc.domain.directives.acts import Act, ActFields, Cause, CompletionResult, ReminderChannel, ReturnKind


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"act": Act.REPLY_COORDINATION}, ["tasks.act_reply_coordination"]),
        ({"is_granted": False, "cause": Cause.OBJECTIVE}, ["tasks.refused", "tasks.cause_objective"]),
        ({"return_kind": ReturnKind.CONTENT, "channel": ReminderChannel.WRITTEN}, ["tasks.return_kind_content",
                                                                                 "tasks.channel_written"]),
        ({"proposed": Act.EXTEND, "petition_to": "chairman"}, ["tasks.act_extend", "tasks.kind_chairman"]),
        ({"result": CompletionResult.ACHIEVED, "stage": "issue"}, ["tasks.result_achieved", "tasks.stage_issue"]),
        ({"fields": ["number", "nv-2.place"]}, ["correction.fact_number", "correction.fact_place"]),
    ],
)  # fmt: skip
def test_codes_are_words(stated: dict[str, object], words: list[str]) -> None:
    for lang in ("vi", "en"):
        text = change_text(json.dumps(stated), lang)
        assert all(t(word, lang) in text for word in words)
        assert not any(part.startswith(f"{key}:") for part in text.split("; ") for key in stated)


def test_days_numbers_and_files_are_written_as_everywhere() -> None:
    text = change_text('{"due": "2026-11-24", "percent": 42.5, "evidence": [{"name": "a.pdf", "sha256": "ab"}]}', "vi")
    assert "24/11/2026" in text and "42,5" in text and "a.pdf (ab)" in text


def test_each_field_of_an_act_has_words() -> None:
    for name in ActFields.__dataclass_fields__:
        assert not change_text(json.dumps({name: "x"}), "vi").startswith(f"{name}:"), name


def test_what_no_act_states_stays_as_it_is() -> None:
    assert change_text('{"when": "x", "missed": ["viewer"], "due": "soon"}', "en") == (
        f"when: x; missed: ['viewer']; {t('tasks.field_due', 'en')}: soon"
    )
