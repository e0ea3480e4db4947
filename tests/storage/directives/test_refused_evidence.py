"""Files whose act is refused at its last step leave nothing behind that counts for everybody; those of others stay."""

from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.acts import ActResult, TaskChangedError
from ioc.directives.evidence import EvidenceService, SentFileView
from ioc.domain.directives.acts import Act, ActFields
from ioc.domain.directives.evidence import EvidenceCode, EvidenceError
from ioc.storage.directives import events
from ioc.storage.evidence_files import EvidenceFiles
from tests.directives.evidence_samples import PDF
from tests.storage.directives.harness import USERS, Harness

MINE, OTHER = PDF + b"mine", PDF + b"other"


@dataclass(frozen=True)
class Sent:
    """A file as somebody sent it."""

    name: str
    body: bytes


class Sending:
    """A service, and files that a person of agency c sends; somebody acts on the task before the last step."""

    def __init__(self, city: Harness, folder: Path) -> None:
        self.city, self.folder, self.reads = city, folder / "evidence", 0
        self.files = EvidenceFiles(self.folder, 1.0, lambda: 1e9)
        self.service = EvidenceService(city.context, self.files)
        self.version = city.act("gd-c", Act.RECEIVE).event.id
        self.is_late = True

    def read(self, handle: str) -> SentFileView | None:
        self.reads += 1
        if self.is_late and self.reads == 3:  # both files were read once: what follows keeps them
            self.city.act("gd-c", Act.REPORT, text="Trước", percent=1.0)
        return Sent("a.pdf", {"mine": MINE, "other": OTHER}[handle])

    def report(self, text: str = "Báo cáo", key: str = "") -> ActResult:
        fields = ActFields(text=text, percent=10.0)
        command = ActCommand(
            "d/nv-2", Act.REPORT, fields, "gd-c", expected_version=self.version, idempotency_key=key
        )  # fmt: skip
        return self.service.perform(command, ["mine", "other"], self.read, USERS["gd-c"])

    def contents(self) -> set[str]:
        return {path.name for path in self.folder.iterdir() if path.name != ".lock"}


@pytest.fixture
def sending(city: Harness, tmp_path: Path) -> Sending:
    return Sending(city, tmp_path)


def name_of(body: bytes) -> str:
    return sha256(body).hexdigest()


def test_files_of_an_act_that_is_refused_in_the_end_are_removed(sending: Sending) -> None:
    with pytest.raises(TaskChangedError):
        sending.report()
    assert sending.reads == 4 and sending.contents() == set()


def test_no_new_folder_is_made_where_that_of_earlier_files_is_away(sending: Sending) -> None:
    sending.is_late = False
    sending.version = sending.report().event.id
    away = sending.folder.with_name("away")
    sending.folder.rename(away)
    for is_mount_point in (False, True):
        if is_mount_point:
            sending.folder.mkdir()
        assert sending.files.prune(lambda _: set()) == sending.files.discard([name_of(MINE)], lambda _: set()) == 0
        with pytest.raises(EvidenceError) as caught:
            sending.report("Lần hai")
        assert caught.value.failure.code == EvidenceCode.FOLDER_LOST
    sending.folder.rmdir()
    away.rename(sending.folder)
    sending.report("Lần hai")
    assert sending.contents() == {name_of(MINE), name_of(OTHER)}


def test_a_file_that_cannot_be_kept_takes_those_before_it_along(sending: Sending) -> None:
    sending.is_late = False
    sending.files._max_gb = (len(MINE) + 1) / 1e9
    with pytest.raises(EvidenceError):
        sending.report()
    assert sending.contents() == set()


def test_contents_of_acts_and_of_acts_on_their_way_stay(sending: Sending) -> None:
    with ExitStack() as of_another_act:
        sending.files.keep(OTHER, of_another_act)
        with pytest.raises(TaskChangedError):
            sending.report()
        assert sending.contents() == {name_of(OTHER)}
    sending.is_late = False
    with sending.city.store.read() as conn:
        task = events.find_task(conn, "d/nv-2")
    assert task is not None
    sending.version = task.version
    sending.report()
    with pytest.raises(TaskChangedError):
        sending.report("Lần nữa")
    assert sending.contents() == {name_of(MINE), name_of(OTHER)}


def test_an_act_with_files_that_is_sent_again_under_its_key_is_done_once(sending: Sending) -> None:
    sending.is_late = False
    first, again = (sending.report(key="k1") for _ in range(2))
    assert not first.is_repeated and again.is_repeated and again.event == first.event
    assert sending.contents() == {name_of(MINE), name_of(OTHER)}
