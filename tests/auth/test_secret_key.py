"""The centre's secret: made once, kept to ourselves, refused when anybody would guess it."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ioc.auth.secret_key import FILE, Secret, SecretRefused

GOOD = "kX9v-2qLmT_8wZr4nB7cYp1sHd6gJf0a"


def test_it_is_made_at_first_use_and_stays(tmp_path: Path) -> None:
    first = Secret.read({}, tmp_path / "data")
    path = tmp_path / "data" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and len(path.read_text().strip()) >= 32
    assert Secret.read({}, tmp_path / "data").key("form") == first.key("form")
    assert [one.name for one in path.parent.iterdir()] == [FILE]


def test_each_use_has_a_key_of_its_own(tmp_path: Path) -> None:
    one, other = Secret.read({}, tmp_path), Secret.read({"IOC_SECRET": GOOD}, tmp_path)
    keys = [secret.key(label) for secret in (one, other) for label in ("form", "totp", "printer")]
    assert len(set(keys)) == 6 and {len(key) for key in keys} == {32}


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(lambda _: Secret.read({}, tmp_path).key("form"), range(64)))
    assert len(keys) == 1 and [one.name for one in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (GOOD[:31], "short"), ("a" * 64, "placeholder"), ("changeme-" + GOOD, "placeholder"),
        ("ab" * 20, "placeholder"), ("MatKhau" + GOOD, "placeholder"),
    ],
)  # fmt: skip
def test_what_anybody_would_guess_is_refused_and_never_told(given: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(SecretRefused) as caught:
        Secret.read({"IOC_SECRET": given}, tmp_path)
    assert caught.value.why == why and given not in str(caught.value) and not list(tmp_path.iterdir())


def test_a_file_that_was_cut_is_refused_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("")
    with pytest.raises(SecretRefused, match="shorter"):
        Secret.read({}, tmp_path)
    (tmp_path / FILE).write_bytes(b"\xff\xfe" * 40)
    with pytest.raises(SecretRefused, match="cannot be read"):
        Secret.read({}, tmp_path)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(SecretRefused):
        Secret.read({}, tmp_path / "data")


def test_others_who_can_read_it_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Secret.read({}, tmp_path)
    (tmp_path / FILE).chmod(0o644)
    Secret.read({}, tmp_path)
    assert "chmod 600" in caplog.text and (tmp_path / FILE).read_text().strip() not in caplog.text


def test_it_does_not_show_itself(tmp_path: Path) -> None:
    assert GOOD not in repr(Secret.read({"IOC_SECRET": GOOD}, tmp_path))
