"""NAME_FILE stands for NAME: read once, told about without a word of what is in it."""

from pathlib import Path

import pytest

from components.ui.error_messages import config_error_text
from ioc.config.environment import resolve_secret_files
from ioc.config.errors import ConfigError
from ioc.config.settings import EnvironmentSettings


def kept(folder: Path, text: str | bytes, mode: int = 0o600) -> str:
    path = folder / "kept"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("text", ["s3cret", "  s3cret\n", "s3cret\r\nsecond line\n", "\ufeffs3cret"])
@pytest.mark.parametrize("name", ["IOC_SECRET", "DATABASE_URL", "OPENAQ_KEY", "STATION_LOGIN"])
def test_the_first_line_is_the_secret(tmp_path: Path, name: str, text: str) -> None:
    assert resolve_secret_files({f"{name}_FILE": kept(tmp_path, text)}) == ({name: "s3cret"}, [])


def test_files_of_others_stay_what_they_are(tmp_path: Path) -> None:
    given = {"SSL_CERT_FILE": kept(tmp_path, "s3cret"), "GIT_INDEX_FILE": "/no/such", "_FILE": "x", "A_FILE": " "}
    assert resolve_secret_files(given) == (given, [])


@pytest.mark.parametrize(
    ("text", "why"), [("", "no secret"), ("\n\n", "no secret"), (b"\xff\xfe\x00", "no text"), ("a\0b", "no secret")]
)
def test_a_file_that_gives_nothing_is_a_fault_of_a_setting(tmp_path: Path, text: str | bytes, why: str) -> None:
    found, faults = resolve_secret_files({"IOC_SECRET_FILE": kept(tmp_path, text)})
    assert found == {} and len(faults) == 1 and why in faults[0].message
    assert (
        config_error_text(faults[0].message, "vi") != faults[0].message
        and config_error_text(faults[0].suggestion, "vi") != faults[0].suggestion
    )


def test_faults_stand_beside_those_of_other_settings(tmp_path: Path) -> None:
    given = {"IOC_SECRET_FILE": str(tmp_path), "DATABASE_URL_FILE": "/no/such", "PORT": "x"}
    found, wrong = resolve_secret_files(given)
    with pytest.raises(ConfigError) as caught:
        EnvironmentSettings.from_environment(found, tmp_path, wrong)
    assert len(caught.value.faults) == 3


def test_both_at_once_are_a_fault_that_tells_neither(tmp_path: Path) -> None:
    _, faults = resolve_secret_files({"IOC_SECRET": "geheim-1", "IOC_SECRET_FILE": kept(tmp_path, "geheim-2")})
    assert "IOC_SECRET is set too" in faults[0].message and "geheim" not in str(faults[0])


def test_a_row_s_secret_that_cannot_be_read_is_not_set_and_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    assert resolve_secret_files({"OPENAQ_KEY_FILE": "/no/such"})[1] == [] and "OPENAQ_KEY_FILE" in caplog.text


def test_a_file_that_others_can_read_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert resolve_secret_files({"IOC_SECRET_FILE": kept(tmp_path, "s3cret", 0o640)})[0] == {"IOC_SECRET": "s3cret"}
    assert "chmod 600" in caplog.text and "s3cret" not in caplog.text
