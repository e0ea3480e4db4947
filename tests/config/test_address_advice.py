"""What `check` says of a row without an address."""

import pytest

from components.ui.error_messages import describe
from ioc.config.row_codes import RowCode
from ioc.domain.base.failure import Failure


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_address_of_a_webhook_is_named(lang: str) -> None:
    assert "/vao/" in describe(Failure(RowCode.GIVE_ADDRESS), lang)
