"""NAME_FILE stands for NAME; a fault holds no word of the file."""

from pathlib import Path

import pytest

from ioc.config.environment import SettingsCode, resolve_secret_files
from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.failure import Failure
from tests.config.folders import assert_worded


def secret_file(folder: Path, text: str | bytes, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("text", ["s3cret", "  s3cret\n", "s3cret\r\nsecond line\n", "\ufeffs3cret"])
@pytest.mark.parametrize("name", ["IOC_SECRET", "DATABASE_URL", "OPENAQ_KEY", "STATION_LOGIN"])
def test_the_first_line_is_the_secret(tmp_path: Path, name: str, text: str) -> None:
    assert resolve_secret_files({f"{name}_FILE": secret_file(tmp_path, text)}) == ({name: "s3cret"}, [])


def test_files_of_others_stay_what_they_are(tmp_path: Path) -> None:
    environment = {
        "SSL_CERT_FILE": secret_file(tmp_path, "s3cret"),
        "GIT_INDEX_FILE": "/no/such",
        "_FILE": "x",
        "A_FILE": " ",
    }
    assert resolve_secret_files(environment) == (environment, [])


def cause(fault: ConfigFault) -> str:
    assert fault.failure.code == SettingsCode.SECRET_FILE
    failure = fault.failure.params["cause"]
    assert isinstance(failure, Failure)
    return failure.code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", SettingsCode.SECRET_EMPTY),
        ("\n\n", SettingsCode.SECRET_EMPTY),
        (b"\xff\xfe\x00", SettingsCode.SECRET_NOT_TEXT),
        ("a\0b", SettingsCode.SECRET_EMPTY),
    ],
)
def test_a_file_without_a_secret_is_a_fault_of_a_setting(tmp_path: Path, text: str | bytes, code: SettingsCode) -> None:
    environment, (fault,) = resolve_secret_files({"IOC_SECRET_FILE": secret_file(tmp_path, text)})
    assert environment == {} and cause(fault) == code
    assert_worded(fault.failure, fault.suggestion)


def test_faults_are_reported_beside_those_of_other_settings(tmp_path: Path) -> None:
    environment = {"IOC_SECRET_FILE": str(tmp_path), "DATABASE_URL_FILE": "/no/such", "PORT": "x"}
    resolved, faults = resolve_secret_files(environment)
    with pytest.raises(ConfigError) as caught:
        EnvironmentSettings.from_environment(resolved, tmp_path, faults)
    assert len(caught.value.faults) == 3


def test_a_secret_given_twice_is_a_fault_that_shows_neither(tmp_path: Path) -> None:
    _, (fault,) = resolve_secret_files({"IOC_SECRET": "geheim-1", "IOC_SECRET_FILE": secret_file(tmp_path, "geheim-2")})
    assert cause(fault) == SettingsCode.SECRET_GIVEN_TWICE and "geheim" not in str(fault)


def test_a_secret_of_a_row_that_cannot_be_read_is_not_set_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert resolve_secret_files({"OPENAQ_KEY_FILE": "/no/such"})[1] == [] and "OPENAQ_KEY_FILE" in caplog.text


def test_a_file_that_others_can_read_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert resolve_secret_files({"IOC_SECRET_FILE": secret_file(tmp_path, "s3cret", 0o640)})[0] == {
        "IOC_SECRET": "s3cret"
    }
    assert "chmod 600" in caplog.text and "s3cret" not in caplog.text
