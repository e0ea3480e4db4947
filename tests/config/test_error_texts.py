"""Every fault of a configuration, and what would be right, is said in Vietnamese too."""

from datetime import date
from pathlib import Path

import pytest

from components.ui.error_messages import config_error_text
from ioc.cli.context import format_faults
from ioc.config.errors import ConfigError
from ioc.config.loading import load
from ioc.config.settings import EnvironmentSettings
from tests.config.folders import ENVIRONMENT, FILES, PROTOCOLS, write
from tests.config.test_config_all_at_once import SPOILS
from tests.config.test_config_hostile import HOSTILE
from tests.config.test_config_load import BROKEN

WRONG = [
    *((f"spoil-{one.said}-{n}", one.stem, FILES[one.stem].replace(one.old, one.new)) for n, one in enumerate(SPOILS)),
    *((name, BROKEN[name][0], BROKEN[name][1]) for name in BROKEN),
    *((name, "sources", body) for name, body in HOSTILE.items()),
]


@pytest.mark.parametrize(("name", "stem", "body"), WRONG, ids=[one[0] for one in WRONG])
def test_a_fault_is_said_in_both_languages(tmp_path: Path, name: str, stem: str, body: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, **{stem: body}), ENVIRONMENT, PROTOCOLS, today=date(2026, 11, 24))
    for one in caught.value.faults:
        for kept in filter(None, (one.message, one.suggestion)):
            assert config_error_text(kept, "en") == kept
            # A bare example (scale: 100, generated: directives) is the same in both.
            assert config_error_text(kept, "vi") != kept or kept.split(":")[0] in ("scale", "generated"), kept
    assert format_faults(caught.value, "en") == "".join(f"{one}\n" for one in caught.value.faults)


def test_wrong_settings_are_said_in_vietnamese(tmp_path: Path) -> None:
    environment = {"PORT": "80801", "PROFILE": "dmo", "IOC_CONFIG": str(tmp_path / "none"), "IOC_DATTA": "x"}
    with pytest.raises(ConfigError) as caught:
        EnvironmentSettings.from_environment(
            {**environment, "DATABASE_URL": "mysql://x", "IOC_PROXY": "nginx"}, tmp_path
        )
    assert len(caught.value.faults) == 6
    assert all(config_error_text(one.message, "vi") != one.message for one in caught.value.faults)
    assert "PORT=80801 không dùng được → một số nguyên từ 1 đến 65535" in format_faults(caught.value, "vi")
