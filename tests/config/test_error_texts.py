"""Every fault of a configuration, and what would be right, has a text in both languages."""

from pathlib import Path
from string import Formatter

import pytest

from components.ui.i18n import LANGS, catalogue
from ioc.cli.arguments import ArgumentCode
from ioc.cli.context import format_faults
from ioc.config.environment import SettingsCode
from ioc.config.errors import ConfigCode, ConfigError
from ioc.config.layer_errors import LayerCode
from ioc.config.row_codes import DirectiveCode, RowCode
from ioc.config.settings import EnvironmentSettings
from ioc.config.yaml_errors import YamlCode
from ioc.domain.base.failure import ErrorCode
from ioc.domain.base.option_errors import OptionCode
from tests.config.folders import FILES, assert_worded, load_faults, write
from tests.config.test_config_all_at_once import SPOILS
from tests.config.test_config_hostile import HOSTILE
from tests.config.test_config_load import BROKEN

ENUMS: tuple[type[ErrorCode], ...] = (
    ArgumentCode, ConfigCode, DirectiveCode, LayerCode, OptionCode, RowCode, SettingsCode, YamlCode,
)  # fmt: skip
WRONG = [
    *((f"spoil-{n}", spoil.stem, FILES[spoil.stem].replace(spoil.old, spoil.new)) for n, spoil in enumerate(SPOILS)),
    *((name, broken.stem, broken.body) for name, broken in BROKEN.items()),
    *((name, "sources", body) for name, body in HOSTILE.items()),
]


@pytest.mark.parametrize("codes", ENUMS)
def test_each_code_has_a_text_in_both_languages_with_the_same_parameters(codes: type[ErrorCode]) -> None:
    subject = next(iter(codes)).partition(".")[0]
    texts = {key: text for key, text in catalogue().items() if key.startswith(f"errors.{subject}.")}
    assert set(texts) == {f"errors.{code}" for code in codes}
    for key, text in texts.items():
        vi, en = ({name for _, name, _, _ in Formatter().parse(text[lang]) if name} for lang in LANGS)
        assert vi | {"n"} == en | {"n"}, key


@pytest.mark.parametrize(("name", "stem", "body"), WRONG, ids=[name for name, _, _ in WRONG])
def test_a_fault_is_worded_in_both_languages(tmp_path: Path, name: str, stem: str, body: str) -> None:
    faults = load_faults(write(tmp_path, **{stem: body}))
    assert faults
    for fault in faults:
        assert_worded(fault.failure, fault.suggestion)


def test_faults_are_formatted_with_place_field_and_suggestion(tmp_path: Path) -> None:
    sources = FILES["sources"].replace("every: 60s", "every: 60").replace("http_json\n  every", "http_jsom\n  every")
    write(tmp_path, sources=sources)
    text = format_faults(ConfigError(load_faults(tmp_path)), "en")
    assert f"{tmp_path}/sources.yaml:5: sim-tide: every: “60” is not a duration: write 60s, 10m, 1h or 1d\n" in text
    assert (
        f"{tmp_path}/sources.yaml:18: real-gauge: protocol “http_jsom” does not exist → did you mean “http_json”?\n"
        in text
    )


def test_equal_faults_are_one_with_their_number_and_the_first_places(tmp_path: Path) -> None:
    row = '    - {{key: "s{n}", name: Số, unit: thước, range: [0, 9]}}\n'
    series = "".join(row.format(n=n) for n in range(100))
    write(
        tmp_path, sources=FILES["sources"].replace("  series:\n", f"  series:\n{series}", 1).replace("t: 10m", "t: 10")
    )
    text = format_faults(ConfigError(load_faults(tmp_path)), "en")
    path = f"{tmp_path}/sources.yaml"
    places = ", ".join(f"{path}:{13 + n}: sim-tide: series[s{1 + n}].unit" for n in range(5))
    duration, unit, others = text.splitlines()
    assert duration.startswith(f"{path}:7: sim-tide: age_limit: ")
    assert unit.startswith(f"{path}:12: sim-tide: series[s0].unit: ") and "thước" in unit
    assert others == f"  and at 99 more places: {places}, …"


def test_wrong_settings_are_formatted_in_vietnamese(tmp_path: Path) -> None:
    environment = {
        "PORT": "80801", "PROFILE": "dmo", "IOC_CONFIG": str(tmp_path / "none"), "IOC_DATTA": "x",
        "DATABASE_URL": "mysql://x", "IOC_PROXY": "nginx",
    }  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        EnvironmentSettings.from_environment(environment, tmp_path)
    assert len(caught.value.faults) == 6
    for fault in caught.value.faults:
        assert_worded(fault.failure, fault.suggestion)
    assert "PORT=80801 không dùng được → một số nguyên từ 1 đến 65535" in format_faults(caught.value, "vi")
