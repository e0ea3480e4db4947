"""Contents of evidence: each once, whole or not at all, within the quota; those without an act go after a time."""

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from ioc.domain.base.system_errors import SystemCode
from ioc.domain.directives.evidence import EvidenceCode, EvidenceError
from ioc.storage import evidence_files
from ioc.storage.evidence_files import UNUSED_SECONDS, EvidenceFiles
from tests.system.disk import small_disk

BODY = b"%PDF-1.7 x"
NAME = sha256(BODY).hexdigest()


class Files:
    """A folder with a clock that the test moves."""

    def __init__(self, folder: Path, max_gb: float = 1.0) -> None:
        self.folder, self.at = folder / "evidence", 1_000_000.0
        self.files = EvidenceFiles(self.folder, max_gb, lambda: self.at)

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir() if path.name != ".lock"}

    def prune(self, *used: str) -> int:
        def known(names: Collection[str]) -> set[str]:
            return set(used) & set(names)

        return self.files.prune(known)


def refusal(files: EvidenceFiles, body: bytes) -> EvidenceError:
    with pytest.raises(EvidenceError) as error:
        files.keep(body)
    return error.value


def test_equal_contents_are_kept_once_under_their_hash(tmp_path: Path) -> None:
    files = Files(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        names = set(pool.map(files.files.keep, [BODY] * 12 + [b"other"] * 12))
    assert names == files.names() == {NAME, sha256(b"other").hexdigest()}
    with files.files.open(NAME) as content:
        assert content.read() == BODY
    assert (files.folder / NAME).stat().st_mode & 0o777 == 0o600


def test_quota_counts_all_contents_and_refuses_what_is_beyond(tmp_path: Path) -> None:
    files = Files(tmp_path, max_gb=3e-8)  # 30 bytes
    files.files.keep(b"a" * 20)
    assert refusal(files.files, b"b" * 11).failure.code == EvidenceCode.QUOTA_USED_UP
    files.files.keep(b"a" * 20)  # it is there
    files.files.keep(b"c" * 10)
    assert len(files.names()) == 2


def test_number_of_contents_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_files, "MAX_CONTENTS", 2)
    files = Files(tmp_path)
    files.files.keep(b"a")
    files.files.keep(b"b")
    assert refusal(files.files, b"c").failure.code == EvidenceCode.QUOTA_USED_UP


def test_a_reserve_of_the_disk_stays_free(tmp_path: Path) -> None:
    files = EvidenceFiles(tmp_path / "evidence", 1.0, lambda: 1e6, reserve=10**18)
    failure = refusal(files, BODY).failure
    assert failure.code == EvidenceCode.NOT_STORED and SystemCode.DISK_FULL in str(failure)


def test_full_disk_is_told_and_keeps_nothing_half(tmp_path: Path) -> None:
    with small_disk(tmp_path, 1) as place:
        files = Files(place)
        files.files.keep(b"a" * 400_000)
        failure = refusal(files.files, b"b" * 900_000).failure
        assert failure.code == EvidenceCode.NOT_STORED and SystemCode.DISK_FULL in str(failure)
        assert files.names() == {sha256(b"a" * 400_000).hexdigest()}
        files.files.keep(b"c" * 100_000)


def test_write_that_fails_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files(tmp_path)
    files.files.keep(b"a")

    def fail(_handle: int) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(os, "fsync", fail)
    assert refusal(files.files, BODY).failure.code == EvidenceCode.NOT_STORED
    assert files.names() == {sha256(b"a").hexdigest()}


def test_damaged_or_missing_content_is_not_given(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.files.keep(BODY)
    (files.folder / NAME).write_bytes(b"%PDF-1.7 y")
    for name in (NAME, "0" * 64):
        with pytest.raises(EvidenceError) as error:
            files.files.open(name)
        assert error.value.failure.code == EvidenceCode.CONTENT_LOST


@pytest.mark.parametrize("damaged", [b"%PDF-1.7 y", b"%PDF", b"", b"%PDF-1.7 x longer"])
def test_damaged_content_that_is_sent_again_is_whole_again(tmp_path: Path, damaged: bytes) -> None:
    """Also where the quota has no room for another one."""
    files = Files(tmp_path, max_gb=len(BODY) / 1e9)
    files.files.keep(BODY)
    (files.folder / NAME).write_bytes(damaged)
    assert files.files.keep(BODY) == NAME
    with files.files.open(NAME) as content:
        assert content.read() == BODY
    assert files.names() == {NAME} and (files.folder / NAME).stat().st_mode & 0o777 == 0o600


def test_old_contents_without_an_act_are_removed(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert files.prune() == 0
    used, unused = files.files.keep(b"used"), files.files.keep(b"unused")
    (files.folder / ".half").write_bytes(b"of a killed process")
    os.utime(files.folder / ".half", (files.at, files.at))
    assert files.prune(used) == 0
    files.at += UNUSED_SECONDS
    files.files.keep(BODY)
    files.files.keep(b"unused")  # sent again: an act is about to have it
    assert files.prune(used) == 1 and files.names() == {used, unused, NAME}
    files.at += UNUSED_SECONDS
    assert files.prune(used) == 2 and files.names() == {used}


def test_a_disk_of_its_own_has_a_folder_of_the_system(tmp_path: Path) -> None:
    files = Files(tmp_path)
    (files.folder / "lost+found").mkdir(parents=True)
    assert files.files.is_lost() and files.prune() == 0
    files.files.keep(BODY)
    files.at += UNUSED_SECONDS
    assert not files.files.is_lost() and files.prune() == 1


def test_an_old_content_that_an_act_on_its_way_holds_is_not_removed(tmp_path: Path) -> None:
    files = Files(tmp_path)
    with ExitStack() as hold:
        files.files.keep(BODY, hold)
        files.at += UNUSED_SECONDS  # the clock was set, or the act waits for the store
        assert files.prune() == 0 and files.names() == {NAME}
    assert files.prune() == 1 and files.names() == set()


def test_an_act_that_ends_while_old_contents_are_looked_up_has_its_content(tmp_path: Path) -> None:
    files, of_acts = Files(tmp_path), set[str]()
    hold = ExitStack()
    files.files.keep(BODY, hold)
    files.at += UNUSED_SECONDS

    def used(_names: Collection[str]) -> set[str]:
        known = set(of_acts)
        of_acts.add(NAME)
        hold.close()
        return known

    assert files.files.prune(used) == 0 and files.names() == {NAME}
