"""The command `map`, in the reader's language."""

from pathlib import Path

import pytest

from ioc.cli import main as app
from ioc.cli.context import Context
from ioc.cli.maps import install_map
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.times import utc_now


def context_in(folder: Path, lang: str) -> Context:
    environment = {"IOC_DATA": str(folder)}
    settings = EnvironmentSettings.from_environment(environment, app.ROOT)
    return Context(settings, environment, app.ROOT, utc_now, lang)


@pytest.mark.parametrize(
    ("lang", "output"), [("vi", "bản đồ đang dùng: sơ đồ minh họa\n"), ("en", "map in use: the schematic\n")]
)
def test_map_command_without_arguments_prints_the_map_in_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, output: str
) -> None:
    assert install_map(context_in(tmp_path, lang)) == 0
    assert capsys.readouterr().out == output


@pytest.mark.parametrize(
    ("lang", "output"),
    [("vi", "map: không có bộ lớp bản đồ nào đang dùng\n"), ("en", "map: no set of layers is in use\n")],
)
def test_map_undo_without_installed_layers_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, output: str
) -> None:
    assert install_map(context_in(tmp_path, lang), "undo") == 1
    assert capsys.readouterr().err == output
