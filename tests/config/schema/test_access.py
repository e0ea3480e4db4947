"""access.yaml: without it the defaults hold; faults have their line; no secret stands in it."""

from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from ioc.config.errors import ConfigCode
from ioc.config.row_codes import RowCode
from ioc.config.schema.access import RoleName
from ioc.domain.access.principal import Role
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.failure import ErrorCode
from tests.config.folders import load_faults, load_folder, write

GOOD = """\
idle: 10m
audit_log_days: 365
openid:
  issuer: https://sso.example.test/realms/ioc/
  client: ioc
  secret: ${SSO_SECRET}
  roles: {lanh-dao: [leader], truc-ban: [operator, viewer]}
  agencies: {so-a: mp-a}
"""


def write_access(folder: Path, text: str) -> Path:
    written = write(folder)
    (written / "access.yaml").write_text(text)
    return written


def test_without_the_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_folder(write(tmp_path)).access == AccessPolicy()
    assert load_folder(write_access(tmp_path, "{}\n")).access == AccessPolicy()


def test_the_file_replaces_the_defaults(tmp_path: Path) -> None:
    policy = load_folder(write_access(tmp_path, GOOD)).access
    assert (policy.idle_timeout, policy.absolute_timeout) == (timedelta(minutes=10), timedelta(hours=12))
    assert policy.audit_log_days == 365
    assert policy.oidc is not None
    assert (policy.oidc.issuer, policy.oidc.secret_env) == ("https://sso.example.test/realms/ioc", "SSO_SECRET")
    assert policy.oidc.roles_by_group["truc-ban"] == ("operator", "viewer")
    assert policy.oidc.agencies_by_group == {"so-a": "mp-a"}


@pytest.mark.parametrize(("text", "line", "field", "code"), [
    ("idle: 10m\naudit_log_days: 30\n", 2, "audit_log_days", ConfigCode.BELOW_MINIMUM),
    ("idle: 13h\n", 1, "", RowCode.SESSION_LIMITS_ORDER),
    ("idel: 10m\n", 1, "", ConfigCode.KEY_UNKNOWN),
    ("lock_after: 1\n", 1, "lock_after", ConfigCode.BELOW_MINIMUM),
    (GOOD.replace("https://sso", "http://sso"), 4, "openid.issuer", RowCode.ISSUER_NOT_HTTPS),
    (GOOD.replace("${SSO_SECRET}", "hunter2hunter2"), 6, "openid.secret", RowCode.SECRET_IN_FILE),
    (GOOD.replace("[leader]", "[emperor]"), 7, "openid.roles.lanh-dao[1]", ConfigCode.NOT_ONE_OF),
    (GOOD.replace("mp-a", "mp-zz"), 8, "", RowCode.UNKNOWN_AGENCY),
    ("- a list\n", 1, "", ConfigCode.NOT_A_MAPPING),
])  # fmt: skip
def test_a_fault_has_its_line_field_and_code(tmp_path: Path, text: str, line: int, field: str, code: ErrorCode) -> None:
    (fault,) = load_faults(write_access(tmp_path, text))
    assert fault.file.endswith("access.yaml")
    assert (fault.line, fault.field, fault.failure.code) == (line, field, code)
    assert "hunter2" not in str(fault)


def test_the_roles_are_those_of_the_program() -> None:
    assert set(get_args(RoleName)) == {role.value for role in Role}
