"""The accounts of the simulated positions, which the demonstration makes at its first start."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ioc.auth.services import build_services
from ioc.cli.context import Context
from ioc.cli.users import create_simulated_accounts, local_principal
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency
from simulator.positions import POSITIONS
from tests.storage.city import configuration

NAME = LocalizedText("Cơ quan C")


def test_positions_of_known_agencies_get_an_account_with_a_password_for_the_first_sign_in(tmp_path: Path) -> None:
    settings = EnvironmentSettings.from_environment({"IOC_DATA": str(tmp_path)}, tmp_path)
    context = Context(settings, {}, tmp_path, lambda: datetime(2026, 11, 24, tzinfo=UTC))
    configured = replace(configuration(), agencies={"mp-c": Agency("mp-c", NAME, NAME, is_simulated=True)})
    with closing(context.migrated_store()) as store:
        users = build_services(store, context.clock, configured.access, context.secret(), agencies=()).users
        notices = create_simulated_accounts(context, store, configured)
        first = next(notices) + next(notices)
        assert [account.name in first for account in users.list_accounts(local_principal())] == [True]  # told at once
        notice = first + "".join(notices)
        accounts = {account.name: account for account in users.list_accounts(local_principal())}
    expected = {name for name, each in POSITIONS.items() if each.has_account and each.agency in ("", "mp-c")}
    assert accounts.keys() == expected and {"chu-tich", "lanh-dao-c"} <= expected
    assert all(account.has_one_time_password and name in notice for name, account in accounts.items())
    assert all(accounts[name].roles == {POSITIONS[name].role} for name in accounts)
    assert accounts["lanh-dao-c"].agency == "mp-c"
