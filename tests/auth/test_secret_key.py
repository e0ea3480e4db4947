"""Secret key: created once, private, rejected when weak."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ioc.auth.secret_key import FILE_NAME, SecretKey, SecretKeyCode, SecretKeyError

GOOD = "kX9v-2qLmT_8wZr4nB7cYp1sHd6gJf0a"


def test_secret_is_made_at_first_use_and_stays(tmp_path: Path) -> None:
    first = SecretKey.read({}, tmp_path / "data")
    path = tmp_path / "data" / FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and len(path.read_text().strip()) >= 32
    assert SecretKey.read({}, tmp_path / "data").derive("form") == first.derive("form")
    assert [path.name for path in path.parent.iterdir()] == [FILE_NAME]


def test_each_label_has_its_own_key(tmp_path: Path) -> None:
    generated, configured = SecretKey.read({}, tmp_path), SecretKey.read({"IOC_SECRET": GOOD}, tmp_path)
    keys = [secret.derive(label) for secret in (generated, configured) for label in ("form", "totp", "printer")]
    assert len(set(keys)) == 6 and {len(key) for key in keys} == {32}


def test_keys_are_those_of_hkdf(tmp_path: Path) -> None:
    expected = HKDF(SHA256(), 32, salt=b"ioc-can-tho", info=b"form").derive(GOOD.encode())
    assert SecretKey.read({"IOC_SECRET": GOOD}, tmp_path).derive("form") == expected


def test_processes_that_start_together_agree_on_the_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(lambda _: SecretKey.read({}, tmp_path).derive("form"), range(64)))
    assert len(keys) == 1 and [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        (GOOD[:31], SecretKeyCode.TOO_SHORT),
        ("a" * 64, SecretKeyCode.GUESSABLE),
        ("changeme-" + GOOD, SecretKeyCode.GUESSABLE),
        ("ab" * 20, SecretKeyCode.GUESSABLE),
        ("MatKhau" + GOOD, SecretKeyCode.GUESSABLE),
    ],
)
def test_weak_secret_is_rejected_and_never_quoted(secret: str, code: SecretKeyCode, tmp_path: Path) -> None:
    with pytest.raises(SecretKeyError) as caught:
        SecretKey.read({"IOC_SECRET": secret}, tmp_path)
    assert caught.value.failure.code == code
    assert caught.value.failure.params["location"] == "IOC_SECRET"
    assert secret not in str(caught.value) and not list(tmp_path.iterdir())


def test_damaged_secret_file_is_rejected_not_replaced(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("")
    with pytest.raises(SecretKeyError) as caught:
        SecretKey.read({}, tmp_path)
    assert caught.value.failure.code == SecretKeyCode.EMPTY
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe" * 40)
    with pytest.raises(SecretKeyError) as caught:
        SecretKey.read({}, tmp_path)
    assert caught.value.failure.code == SecretKeyCode.UNREADABLE


def test_unwritable_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(SecretKeyError) as caught:
        SecretKey.read({}, tmp_path / "data")
    assert caught.value.failure.code == SecretKeyCode.UNWRITABLE


def test_secret_readable_by_others_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    SecretKey.read({}, tmp_path)
    (tmp_path / FILE_NAME).chmod(0o644)
    SecretKey.read({}, tmp_path)
    assert "set its mode to 600" in caplog.text and (tmp_path / FILE_NAME).read_text().strip() not in caplog.text


def test_repr_hides_the_secret(tmp_path: Path) -> None:
    assert GOOD not in repr(SecretKey.read({"IOC_SECRET": GOOD}, tmp_path))
