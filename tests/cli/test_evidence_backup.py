"""Evidence files in a backup: whole, under their hashes, and what is missing is told."""

from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from ioc.cli.backup import backup
from ioc.cli.context import Context
from ioc.cli.restore import restore
from ioc.domain.directives.acts import Act
from ioc.domain.directives.evidence import EvidenceCode, EvidenceError, EvidenceFile, EvidenceType
from ioc.storage.directives import documents, events, evidence
from ioc.storage.evidence_files import EvidenceFiles
from tests.cli.test_backup import NOW, changed_backup, context_in, fill_data, manifest_entry
from tests.storage.directives.cases import append, make_document

BODY = b"%PDF-1.7 x"
NAME = sha256(BODY).hexdigest()


def files_of(context: Context) -> EvidenceFiles:
    return EvidenceFiles(context.settings.data / "evidence", 1.0, NOW.timestamp)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A centre with an act that carries a file."""
    made = context_in(tmp_path)
    fill_data(made)
    content = files_of(made).keep(BODY)
    with closing(made.store()) as store, store.write() as conn:
        documents.put_document(conn, make_document(), NOW)
        event = append(conn, "d/nv-1", Act.ASSIGN, NOW, agency="a")
        stored = events.find_task(conn, "d/nv-1")
        assert stored is not None
        file = EvidenceFile("a.pdf", EvidenceType.PDF, len(BODY), content)
        evidence.append(conn, stored.id, event, (file,))
    return made


def test_contents_are_backed_up_and_restored_under_their_hashes(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files_of(context).keep(b"of an act to come")
    (context.settings.data / "evidence" / ".half").write_bytes(b"x")
    assert backup(context, str(tmp_path / "b.ioc")) == 0
    other = context_in(tmp_path, "other")
    assert restore(other, str(tmp_path / "b.ioc")) == 0
    with files_of(other).open(NAME) as content:
        assert content.read() == BODY
    with closing(other.store()) as store, store.read() as conn:
        assert evidence.all_contents(conn) == {NAME}
    assert sorted(path.name for path in (other.settings.data / "evidence").iterdir()) == sorted(
        [".lock", NAME, sha256(b"of an act to come").hexdigest()]
    )
    assert "evidence" not in capsys.readouterr().out


@pytest.mark.parametrize("damage", [b"%PDF-1.7 y", None])
def test_damaged_or_missing_content_is_told_and_the_rest_is_backed_up(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: bytes | None
) -> None:
    path = context.settings.data / "evidence" / NAME
    path.unlink() if damage is None else path.write_bytes(damage)
    assert backup(context, str(tmp_path / "b.ioc")) == 0 and "1 evidence file is" in capsys.readouterr().out
    other = context_in(tmp_path, "other")
    assert restore(other, str(tmp_path / "b.ioc")) == 0 and "1 evidence file is" in capsys.readouterr().out
    with pytest.raises(EvidenceError) as error:
        files_of(other).open(NAME)
    assert error.value.failure.code == EvidenceCode.CONTENT_LOST
    assert not files_of(other).is_lost()  # further ones are kept


@pytest.mark.parametrize("name", [f"evidence/{'0' * 64}", f"evidence/x/{NAME}", f"evidence/{NAME}.pdf"])
def test_content_under_another_name_is_refused(context: Context, tmp_path: Path, name: str) -> None:
    assert backup(context, str(tmp_path / "b.ioc")) == 0

    def rename(members: dict[str, bytes], manifest: dict[str, dict[str, object]]) -> None:
        members[name] = members.pop(f"evidence/{NAME}")
        del manifest["members"][f"evidence/{NAME}"]
        manifest["members"][name] = manifest_entry(members[name])

    assert restore(context_in(tmp_path, "other"), str(changed_backup(tmp_path / "b.ioc", rename))) == 1
    assert not (tmp_path / "other" / "evidence").exists()
