"""What an entry of the audit log is about."""

import pytest

from components.ui.i18n import catalogue
from ioc.domain.access.audit_object import AuditObject, AuditObjectKind, audit_object
from ioc.domain.access.permissions import Action

# Actions whose target is no object of ours: attempts that were denied, and names of files.
NO_OBJECT = {
    *Action, "login", "logout", "others", "password", "session-expired", "personal-data-viewed",
    "directive-sheet-imported", "backup-created", "backup-restored",
    "program", "webhook", "rate-limited", "forwarded-headers", "cross-origin", "too-large",
}  # fmt: skip


@pytest.mark.parametrize(
    ("action", "target", "expected"),
    [
        ("login", "17", AuditObject(AuditObjectKind.SESSION, ("17",))),
        ("personal-data-viewed", "don-vi/31120", AuditObject(AuditObjectKind.UNIT, ("31120",))),
        ("personal-data-viewed", "s/e/1", AuditObject(AuditObjectKind.EVENT, ("s", "e/1"))),
        ("submission-sent", "d 2026-10 5", AuditObject(AuditObjectKind.FIGURES, ("d", "2026-10"))),
        ("directive-assign", "vb", AuditObject(AuditObjectKind.DOCUMENT, ("vb",))),
        ("directive-assign-inside", "vb/nv-1", AuditObject(AuditObjectKind.TASK, ("vb", "nv-1"))),
        ("directive-report", "vb", AuditObject(AuditObjectKind.OTHER, ("vb",))),
        ("gone", "x", AuditObject(AuditObjectKind.OTHER, ("x",))),
        ("account-changed", "", AuditObject(AuditObjectKind.OTHER, ("",))),
    ],
)
def test_object_follows_from_action_and_target(action: str, target: str, expected: AuditObject) -> None:
    assert audit_object(action, target, is_done=True) == expected


def test_a_denied_request_is_about_its_path() -> None:
    about = audit_object("submit", "mp a /x", is_done=False)
    assert about == AuditObject(AuditObjectKind.REQUEST, ("mp a", "/x"))
    assert audit_object(Action.MANAGE_DISPLAYS, "displays.enrol", is_done=False).kind is AuditObjectKind.REQUEST


@pytest.mark.parametrize("name", ["an", "phone.lan", "users.x"])
def test_denied_sign_in_is_about_no_page_whatever_the_account_is_called(name: str) -> None:
    assert audit_object("login", name, is_done=False) == AuditObject(AuditObjectKind.OTHER, (name,))
    assert audit_object("account-changed", name, is_done=False) == AuditObject(AuditObjectKind.ACCOUNT, (name,))


def test_every_action_in_words_has_an_object_in_words() -> None:
    actions = {key.removeprefix("audit_log.did_") for key in catalogue() if key.startswith("audit_log.did_")}
    targets = ("a", "a b", "a/b", "a → b", "1-2")
    without = {
        action
        for action in actions
        if all(audit_object(action, target, is_done=True).kind is AuditObjectKind.OTHER for target in targets)
    }
    assert without <= {str(each) for each in NO_OBJECT}
