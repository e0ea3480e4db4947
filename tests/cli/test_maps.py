"""What `map` says, in the reader's language."""

from pathlib import Path

import pytest

from ioc.cli import main as app
from ioc.cli.context import Context
from ioc.cli.maps import install_map
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.times import utc_now


@pytest.mark.parametrize(
    ("lang", "said"), [("vi", "bản đồ đang dùng: sơ đồ minh họa\n"), ("en", "map in use: the schematic\n")]
)
def test_without_words_it_tells_which_is_in_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, said: str
) -> None:
    environment = {"IOC_DATA": str(tmp_path)}
    context = Context(EnvironmentSettings.from_environment(environment, app.ROOT), environment, app.ROOT, utc_now, lang)
    assert install_map(context) == 0
    assert capsys.readouterr().out == said
