"""The environment becomes EnvironmentSettings, or a ConfigError with all faults."""

from pathlib import Path

import pytest

from ioc.config.environment import SettingsCode
from ioc.config.errors import ConfigCode, ConfigError
from ioc.config.settings import EnvironmentSettings, is_loopback
from ioc.domain.base.failure import Failure


def test_nothing_set_is_the_demonstration_on_loopback(tmp_path: Path) -> None:
    settings = EnvironmentSettings.from_environment({}, tmp_path)
    assert (settings.host, settings.port, settings.profile, settings.is_loopback) == ("127.0.0.1", 8050, "demo", True)
    assert settings.config == tmp_path / "config" / "demo" and settings.data == tmp_path / ".data" / "demo"
    assert settings.database_url.startswith("sqlite:///") and settings.map is None and settings.proxies == ()


def test_the_profile_has_a_store_of_its_own_and_the_folder_wins(tmp_path: Path) -> None:
    demo = EnvironmentSettings.from_environment({}, tmp_path)
    assert EnvironmentSettings.from_environment({"PROFILE": "cantho"}, tmp_path).data != demo.data
    environment = {"PROFILE": "cantho", "IOC_CONFIG": str(tmp_path), "IOC_DATA": str(tmp_path / "x")}
    settings = EnvironmentSettings.from_environment(environment, tmp_path)
    assert settings.config == tmp_path and settings.database_url == f"sqlite:///{tmp_path}/x/ioc.db"


def test_all_faults_are_reported_at_once_without_the_secret(tmp_path: Path) -> None:
    environment = {
        "PORT": "80500", "PROFILE": "cantoh", "IOC_CONFIG": str(tmp_path / "none"), "DATABASE_URL": "mysql://u:geheim@h",
        "IOC_PROXY": "nginx", "IOC_WORKERS": "x", "IOC_DATTA": "y",
    }  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        EnvironmentSettings.from_environment(environment, tmp_path)
    faults = {fault.failure.params.get("variable", "DATABASE_URL"): fault for fault in caught.value.faults}
    assert {name: fault.failure.code for name, fault in faults.items()} == {
        "PORT": SettingsCode.NUMBER_REJECTED, "IOC_WORKERS": SettingsCode.NUMBER_REJECTED,
        "PROFILE": SettingsCode.CHOICE_REJECTED, "IOC_CONFIG": SettingsCode.FOLDER_MISSING,
        "DATABASE_URL": SettingsCode.UNKNOWN_DATABASE, "IOC_PROXY": SettingsCode.NOT_AN_ADDRESS,
        "IOC_DATTA": SettingsCode.UNKNOWN_VARIABLE,
    }  # fmt: skip
    meant = {name: faults[name].suggestion for name in ("PROFILE", "IOC_DATTA")}
    assert meant == {
        "PROFILE": Failure(ConfigCode.DID_YOU_MEAN, {"name": "cantho"}),
        "IOC_DATTA": Failure(ConfigCode.DID_YOU_MEAN, {"name": "IOC_DATA"}),
    }
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DATABASE_URL", "postgresql+psycopg://u:geheim@[::1/x", SettingsCode.UNUSABLE_DATABASE),
        ("DATABASE_URL", "postgresql+psycopg://u:geheim@h:x/x", SettingsCode.UNUSABLE_DATABASE),
        ("DATABASE_URL", "postgresql+psycopg://h:x/x", SettingsCode.UNUSABLE_DATABASE),
        ("DATABASE_URL", "sqlite:///:memory:", SettingsCode.UNUSABLE_DATABASE),
        ("DATABASE_URL", "sqlite:///", SettingsCode.UNUSABLE_DATABASE),
        ("SIM_DAY", "xx", SettingsCode.VALUE_REJECTED),
        ("SIMULATOR", "http://[::1", SettingsCode.VALUE_REJECTED),
        ("IOC_PROXY", "127.0.0.1 0.0.0.0/1", SettingsCode.NETWORK_TOO_WIDE),
        ("IOC_PROXY", "::/0", SettingsCode.NETWORK_TOO_WIDE),
    ],
)
def test_a_value_that_would_fail_later_is_a_fault(tmp_path: Path, name: str, value: str, code: SettingsCode) -> None:
    with pytest.raises(ConfigError) as caught:
        EnvironmentSettings.from_environment({name: value}, tmp_path)
    assert [fault.failure.code for fault in caught.value.faults] == [code] and "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:a/b#c?d@[::1]:5432/x", "postgresql+psycopg://u@/x?host=/run/postgresql",
        "postgresql+psycopg:///x", "postgresql+psycopg://u:p@h/x?sslmode=require", "sqlite:///a/b.db?timeout=3",
    ],
)  # fmt: skip
def test_database_urls_that_the_driver_reads_are_accepted(tmp_path: Path, url: str) -> None:
    assert EnvironmentSettings.from_environment({"DATABASE_URL": url}, tmp_path).database_url == url


def test_loopback_is_this_machine_alone() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "192.168.1.5", "ioc.example", "")))
