"""Words of the audit log and of personal fields, from the catalogue."""

from types import SimpleNamespace
from typing import Any, cast

from components.access.audit_log import reason_text
from components.access.personal_data import disclosed_event
from components.ui.error_messages import describe
from components.ui.i18n import LANGS, catalogue, t
from ioc.auth.errors import AuthCode
from ioc.domain.base.failure import Failure


def _entry(action: str) -> Any:
    return cast("Any", SimpleNamespace(action=action, reason=AuthCode.PASSWORD_WRONG))


def test_wrong_password_of_a_login_is_not_about_the_current_one() -> None:
    failure = Failure(AuthCode.PASSWORD_WRONG)
    assert reason_text(_entry("login"), failure, "vi") == t("audit_log.why_login", "vi")
    assert reason_text(_entry("password"), failure, "vi") == describe(failure, "vi")


def test_personal_field_has_the_label_of_the_catalogue_or_its_own_name() -> None:
    markup = str(disclosed_event({"description": "x", "ghi chú": "y"}, "vi"))
    assert t("personal_data.field_description", "vi") in markup and "ghi chú" in markup and "description" not in markup


def test_words_of_actions_are_distinct() -> None:
    keys = [key for key in catalogue() if key.startswith("audit_log.did_")]
    assert all(len({t(key, lang) for key in keys}) == len(keys) for lang in LANGS)
