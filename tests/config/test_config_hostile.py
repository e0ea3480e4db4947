"""Whatever stands in the yaml, loading ends soon in a Configuration or in a ConfigError."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.config.configuration import Configuration
from ioc.config.errors import ConfigCode, ConfigError
from ioc.config.yaml_errors import YamlCode
from ioc.config.yaml_file import MAX_BYTES, parse
from ioc.domain.base.failure import ErrorCode
from tests.config.folders import FILES, codes, load_faults, load_folder, write

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
WORDS = ["[", "]", "{", "}", "null", ".inf", ".nan", "-1", "1e999", "&a", "*a", "true", "${X}", "{each}"]
WORDS += ["2026-01-01", "?", "!", "'", '"', "|", "0", "stations()"]
WORDS += [": ", "\n", "- ", "\0"]
HOSTILE = {
    "alias bomb": BOMB,
    "deep": "[" * 500 + "]" * 500,
    "unclosed deep": "[" * 100_000,
    "deep by aliases": f"- &a {'[' * 20 + ']' * 20}\n- {'[' * 20}*a{']' * 20}",
    "long list": f"[{'x,' * 300_000}]",
    "long list, then no yaml": f"[{'x,' * 300_000} @",
    "anchor twice": "a: &a 1\nb: &a 2",
    "alias before its anchor": "a: *a\nb: &a 2",
    "deep blocks": "\n".join(" " * n + "- " for n in range(200)),
    "tag": "!!python/object/apply:os.system [echo]",
    "binary": "a: !!binary aGk=",
    "self": "&a [*a]",
    "merge": "a: &a {x: 1}\nb: {<<: *a}",
    "two": "a: 1\n---\nb: 2",
    "long number": "a: " + "9" * 5000,
    "date": "a: 2026-13-45",
    "mapping key": "{[1, 2]: 3}",
    "nothing closed": 'a: "',
    "control": "a: \x07",
    "tab": "a:\n\t- b",
    "huge": "a: " + "x" * MAX_BYTES,
    "surrogate": 'a: "\\ud800"',
    "surrogate key": '"\\ud800": 1',
    "odd tag": "a: !!int x",
}


LIMITS: dict[str, ErrorCode] = {
    "alias bomb": YamlCode.TOO_MANY_VALUES,
    "deep": YamlCode.TOO_DEEP,
    "deep blocks": YamlCode.TOO_DEEP,
}
LIMITS |= {"deep by aliases": YamlCode.TOO_DEEP, "self": YamlCode.TOO_DEEP, "long list": YamlCode.TOO_MANY_VALUES}
LIMITS["long list, then no yaml"] = YamlCode.TOO_MANY_VALUES  # reading ends at the limit, before all is in memory
LIMITS |= {"unclosed deep": YamlCode.TOO_DEEP, "huge": ConfigCode.TOO_LARGE}


@pytest.mark.parametrize("name", LIMITS)
def test_what_would_take_too_much_memory_or_depth_is_refused(tmp_path: Path, name: str) -> None:
    (fault,) = load_faults(write(tmp_path, sources=HOSTILE[name]))
    assert fault.failure.code == LIMITS[name]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_with_its_place(tmp_path: Path, name: str) -> None:
    faults = load_faults(write(tmp_path, sources=HOSTILE[name]))
    assert any(fault.file.endswith("sources.yaml") for fault in faults)


def test_text_that_is_not_utf8_is_a_fault() -> None:
    assert codes(tuple(parse("x", b"a: \xff").faults)) == [ConfigCode.NOT_UTF8]


def value_of(body: bytes) -> Any:
    file = parse("x", body)
    assert file.root is not None and not file.faults
    return file.value(file.root)


def test_keys_stay_text_and_empty_files_are_nothing() -> None:
    assert value_of(b"on: 1\n31135: true") == {"on": 1, "31135": True}
    assert value_of(b"# nothing") is None


@pytest.mark.parametrize("word", ["yes", "No", "ON", "off", "true north", "Falsework", "tRue"])
def test_words_are_no_booleans_without_quotes_too(word: str) -> None:
    """As in yaml 1.2: a source may call a state "no"."""
    assert value_of(f"- {word}\n- '{word}'\n- true\n- False".encode()) == [word, word, True, False]


@pytest.mark.parametrize(("word", "expected"), [("yes", True), ("no", False), ("on", True), ("off", False)])
def test_a_boolean_field_takes_the_words(tmp_path: Path, word: str, expected: bool) -> None:
    body = FILES["sources"].replace("simulated: true", f"simulated: true\n  drill: {word}", 1)
    assert load_folder(write(tmp_path, sources=body)).sources[0].is_drill is expected


def test_options_may_hold_anything_that_yaml_can_say(tmp_path: Path) -> None:
    body = FILES["sources"].replace("{items: data}", "{items: data, first_row: 99999999999999999999999}")
    assert "99999999999999999999999" in load_folder(write(tmp_path, sources=body)).body


def test_a_key_that_yaml_takes_for_no_number_is_a_word(tmp_path: Path) -> None:
    body = FILES["kpis"].replace("{key: bd1", "{key: .nan", 1)
    assert load_folder(write(tmp_path, kpis=body)).kpis[0].limits[0].key == "nan"


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, str]:
    stem = draw(st.sampled_from(sorted(FILES)))
    body = FILES[stem]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        cut = draw(st.integers(0, 12))
        inserted = draw(st.one_of(st.text(max_size=6), st.sampled_from(WORDS)))
        body = body[:at] + inserted + body[at + cut :]
    return {stem: body}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutated())
def test_any_mutation_is_a_configuration_or_faults(tmp_path: Path, files: dict[str, str]) -> None:
    try:
        for stem, body in {**FILES, **files}.items():
            (tmp_path / f"{stem}.yaml").write_bytes(body.encode("utf-8", "surrogatepass"))
        configuration = load_folder(tmp_path)
    except ConfigError as error:
        assert error.faults and all(fault.failure.code for fault in error.faults)
    else:
        assert isinstance(configuration, Configuration) and configuration.body
