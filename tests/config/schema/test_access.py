"""access.yaml: without it the rules stand; what is wrong is told with its line; no secret is written in it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from ioc.auth.principal import Role
from ioc.config.errors import ConfigError
from ioc.config.loading import load
from ioc.config.schema.access import RoleName
from ioc.domain.base.access_policy import AccessPolicy
from tests.config.folders import ENVIRONMENT, PROTOCOLS, write

GOOD = """\
idle: 10m
trail_days: 365
openid:
  issuer: https://sso.example.test/realms/ioc/
  client: ioc
  secret: ${SSO_SECRET}
  roles: {lanh-dao: [leader], truc-ban: [operator, viewer]}
  agencies: {so-a: mp-a}
"""


def read(folder: Path, text: str | None) -> Any:
    made = write(folder)
    if text is not None:
        (made / "access.yaml").write_text(text)
    return load(made, ENVIRONMENT, PROTOCOLS, today=date(2026, 11, 24)).access


def test_without_the_file_the_rules_stand(tmp_path: Path) -> None:
    assert read(tmp_path, None) == AccessPolicy() == read(tmp_path, "{}\n")


def test_what_it_says_holds(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert (found.idle, found.trail_days, found.absolute) == (timedelta(minutes=10), 365, timedelta(hours=12))
    assert found.openid.issuer == "https://sso.example.test/realms/ioc" and found.openid.secret == "SSO_SECRET"
    assert found.openid.roles["truc-ban"] == ("operator", "viewer") and found.openid.agencies == {"so-a": "mp-a"}


@pytest.mark.parametrize(("text", "line", "said"), [
    ("idle: 10m\ntrail_days: 30\n", 2, "90"),
    ("idle: 13h\n", 1, "idle"),
    ("idel: 10m\n", 1, "unknown"),
    ("lock_after: 1\n", 1, "2"),
    (GOOD.replace("https://sso", "http://sso"), 4, "https"),
    (GOOD.replace("${SSO_SECRET}", "hunter2hunter2"), 6, "NAME"),
    (GOOD.replace("[leader]", "[emperor]"), 7, "administrator"),
    (GOOD.replace("mp-a", "mp-zz"), 8, "mp-zz"),
    ("- a list\n", 1, ""),
])  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    told = [one for one in caught.value.faults if one.file.endswith("access.yaml")]
    assert told and told[0].line == line and said in f"{told[0].message} {told[0].suggestion}"


def test_the_roles_are_those_of_the_program() -> None:
    assert set(get_args(RoleName)) == {one.value for one in Role}
