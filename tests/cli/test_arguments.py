"""How commands are asked for, in Vietnamese unless English is wanted; and what is wrong with a yaml file, likewise."""

import re
from pathlib import Path

import pytest

from components.ui.error_messages import config_error_text
from ioc.cli import main as app
from ioc.cli.arguments import language_of
from ioc.config.yaml_reader import ReadState, YamlReader, YamlSyntaxError

_ACCENTED = re.compile(r"[\u00c0-\u1ef9]")


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        app.main(list(words))
    told = capsys.readouterr()
    return int(str(ended.value.code)), told.out + told.err


def test_help_names_every_command_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    code, here = typed(capsys, "--help")
    _, there = typed(capsys, "--help", "--lang", "en")
    assert code == 0 and not _ACCENTED.search(there) and "usage:" not in here.casefold()
    for name in app.COMMANDS:
        (line,) = re.findall(rf"^  {name} .*(?:\n {{20,}}.*)?$", here, re.MULTILINE)
        assert _ACCENTED.search(line), line
        assert re.search(rf"^  {name} ", there, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "vi", "en"),
    [
        (["bogus"], "không có 'bogus'; hiện có: 'account'", "there is no 'bogus'"),
        (["check", "--ouch"], "không hiểu: --ouch", "not understood: --ouch"),
        (["try", "x", "--from"], "sau --from phải có một từ", "--from is followed by one word"),
        (["backup", "x", "--with-secret=1"], "--with-secret không đi kèm từ nào", "--with-secret takes no word"),
        (["record", "x", "--o"], "không hiểu: --o", "not understood: --o"),
        (["check", "--la=en"], "không hiểu: --la=en", "not understood: --la=en"),
    ],
)
def test_what_was_asked_wrongly_is_said_in_the_readers_language(
    words: list[str], vi: str, en: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, here = typed(capsys, *words)
    assert code == 2 and vi in here and "python app.py --help" in here
    assert en in typed(capsys, "--lang", "en", *words)[1]


@pytest.mark.parametrize(
    ("words", "lang"),
    [([], "vi"), (["--lang", "en"], "en"), (["--lang=en"], "en"), (["--lang"], "vi"), (["--lang", "xx"], "vi")],
)
def test_the_language_is_known_before_anything_else(words: list[str], lang: str) -> None:
    assert language_of(words) == lang


@pytest.mark.parametrize(
    "text",
    [
        "a: b: c", "a: [1, 2\nb: 3", 'a: "x\nb: 1', "a:\n\tb: 1", "- a\nb: 1", "a: {x: 1\nb", 'a: "\\q"', "key: @x",
        "a: |x\n", "a: b\n- c", "a: - b", "a: 1\nbc\nd: 2",
    ],
)  # fmt: skip
def test_a_fault_of_yaml_is_told_in_vietnamese(text: str) -> None:
    with pytest.raises(YamlSyntaxError) as broken:
        YamlReader("a.yaml", text, ReadState()).read()
    found = broken.value.fault
    assert config_error_text(found.message, "en") == found.message
    told = config_error_text(found.message, "vi")
    assert told.startswith("không đúng yaml: ") and _ACCENTED.search(told.removeprefix("không đúng yaml: "))


def test_a_sign_that_yaml_does_not_know_is_told_as_it_was_typed() -> None:
    told = config_error_text("is not yaml: found unknown escape character 'q'", "vi")
    assert told == "không đúng yaml: trong dấu nháy kép không có ký hiệu 'q' sau dấu \\; dùng dấu nháy đơn"


def test_a_store_that_is_away_is_told_in_vietnamese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IOC_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "ioc.db").write_bytes(b"no store at all" * 400)
    assert app.main(["trail", "verify"]) == 1
    assert _ACCENTED.search(capsys.readouterr().err)


def test_how_a_program_is_asked_about_is_told_in_one_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IOC_DATA", str(tmp_path))
    told = []
    for words in (["program"], ["program", "add", "A"]):
        assert app.main([*words, "--lang", "en"]) == 2
        told.append(capsys.readouterr().err)
    assert told[0] == told[1] and app.COMMANDS["program"][0] in told[0]
