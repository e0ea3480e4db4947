"""Commands that use the data folder and a restore that replaces it refuse each other."""

from pathlib import Path
from typing import Any

import pytest

from ioc.auth.user_admin import UserAdmin
from ioc.cli.main import main
from ioc.storage.db.data_dir_lock import exclusive

COMMANDS = (
    "account list", "account disable thu", "api-key list", "api-key revoke k", "audit verify", "audit export",
    "accept-schema sim-water", "repoll sim-water", "backup {folder}/b.ioc", "map undo", "check",
)  # fmt: skip


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of the commands of this process; its store has the account `thu`."""
    monkeypatch.setenv("IOC_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["account", "add", "thu", "viewer"]) == 0
    return tmp_path / "data"


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_refused_while_the_folder_is_replaced(
    data: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    before = (data / "ioc.db").read_bytes()
    with exclusive(data):
        assert main(["--lang", "en", *command.format(folder=data.parent).split()]) == 2
    assert f"IOC_DATA={data} is being restored from a backup → start again" in capsys.readouterr().err
    assert (data / "ioc.db").read_bytes() == before and not list(data.parent.glob("*.ioc"))


def test_restore_is_refused_until_a_command_has_ended(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, disable, codes = str(tmp_path / "b.ioc"), UserAdmin.disable, list[int]()
    assert main(["backup", file]) == 0

    def restore_meanwhile(*arguments: Any) -> None:
        codes.append(main(["--lang", "en", "restore", file, "--overwrite"]))
        disable(*arguments)

    monkeypatch.setattr(UserAdmin, "disable", restore_meanwhile)
    assert main(["account", "disable", "thu"]) == 0 and codes == [1]
    assert f"The program or one of its commands uses {data}: stop it before" in capsys.readouterr().err
    assert main(["--lang", "en", "restore", file, "--overwrite"]) == 0
    assert "disabled after the backup, and so again: thu" in capsys.readouterr().out
