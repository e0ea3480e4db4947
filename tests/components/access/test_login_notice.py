"""The login notice in words."""

from components.access.login_notice import is_suspicious, previous_login_text
from ioc.storage.access.sessions import LoginHistory


def test_first_login_names_the_failed_attempts_that_make_it_suspicious() -> None:
    tried, first = LoginHistory(None, "", 3), LoginHistory(None, "", 0)
    assert is_suspicious(tried) and "3" in previous_login_text(tried, "vi") and "3" in previous_login_text(tried, "en")
    assert not is_suspicious(first) and previous_login_text(first, "vi") in previous_login_text(tried, "vi")
