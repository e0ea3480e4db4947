"""The environment becomes Settings, or says what is wrong with it."""

from pathlib import Path

import pytest

from ioc.config.errors import ConfigError
from ioc.config.settings import EnvironmentSettings, is_loopback


def test_nothing_set_is_the_demonstration_on_loopback(tmp_path: Path) -> None:
    made = EnvironmentSettings.from_environment({}, tmp_path)
    assert (made.host, made.port, made.profile, made.is_loopback) == ("127.0.0.1", 8050, "demo", True)
    assert made.config == tmp_path / "config" / "demo" and made.data == tmp_path / ".data" / "demo"
    assert made.database_url.startswith("sqlite:///") and made.map is None and made.proxies == ()


def test_the_profile_has_a_store_of_its_own_and_the_folder_wins(tmp_path: Path) -> None:
    assert (
        EnvironmentSettings.from_environment({"PROFILE": "cantho"}, tmp_path).data
        != EnvironmentSettings.from_environment({}, tmp_path).data
    )
    made = EnvironmentSettings.from_environment(
        {"PROFILE": "cantho", "IOC_CONFIG": str(tmp_path), "IOC_DATA": str(tmp_path / "x")}, tmp_path
    )
    assert made.config == tmp_path and made.database_url == f"sqlite:///{tmp_path}/x/ioc.db"


def test_all_faults_are_told_at_once_and_no_secret(tmp_path: Path) -> None:
    given = {
        "PORT": "80500", "PROFILE": "cantoh", "IOC_CONFIG": str(tmp_path / "none"), "DATABASE_URL": "mysql://u:geheim@h",
        "IOC_PROXY": "nginx", "IOC_WORKERS": "x", "IOC_DATTA": "y",
    }  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        EnvironmentSettings.from_environment(given, tmp_path)
    said = str(caught.value)
    assert all(name in said for name in given)
    assert "'cantho'" in said and "'IOC_DATA'" in said and "geheim" not in said


def test_loopback_is_this_machine_alone() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "192.168.1.5", "ioc.example", "")))
