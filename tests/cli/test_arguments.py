"""Help and errors of the command line, in Vietnamese unless English is requested; errors of yaml files likewise."""

import re
from pathlib import Path

import pytest

from components.ui.error_messages import describe
from ioc.cli import main as app
from ioc.cli.arguments import language_of
from ioc.config.yaml_errors import YamlCode
from ioc.config.yaml_file import parse
from simulator import faults

_ACCENTED = re.compile(r"[\u00c0-\u1ef9]")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit code and output."""
    with pytest.raises(SystemExit) as caught:
        app.main(list(words))
    output = capsys.readouterr()
    return int(str(caught.value.code)), output.out + output.err


def test_help_names_every_command_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    code, vietnamese = run(capsys, "--help")
    _, english = run(capsys, "--help", "--lang", "en")
    assert code == 0 and not _ACCENTED.search(english) and "usage:" not in vietnamese.casefold()
    assert "--lang {vi,en}" in vietnamese
    for name in app.COMMANDS:
        (line,) = re.findall(rf"^  {name} .*(?:\n {{20,}}.*)?$", vietnamese, re.MULTILINE)
        assert _ACCENTED.search(line), line
        assert re.search(rf"^  {name} ", english, re.MULTILINE)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_help_lists_the_faults_that_each_kind_of_source_supports(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, help_text = run(capsys, "--help", "--lang", lang)
    faults_text = help_text.partition("(KIND)")[2]
    listed = [set(re.split("[ ,]+", line)) & faults.KINDS.keys() for line in faults_text.strip().splitlines()[1:]]
    assert listed == [faults.KINDS.keys(), *(faults.KINDS_BY_FORMAT[form] for form in ("sheet", "push", "mqtt", "sql"))]
    assert faults.KINDS_BY_FORMAT["sheet"] == faults.KINDS_BY_FORMAT["tt10"]


@pytest.mark.parametrize(
    ("words", "vi", "en"),
    [
        (["bogus"], "không có lệnh “bogus”; hiện có: accept-schema, account, ", "there is no command “bogus”"),
        (["bogus", "--ouch"], "không có lệnh “bogus”", "there is no command “bogus”"),
        (["check", "--lang=xx"], "không có ngôn ngữ “xx”; hiện có: vi, en", "there is no language “xx”"),
        (["check", "--ouch"], "không hiểu: --ouch", "not understood: --ouch"),
        (["try", "x", "--from"], "sau --from phải có một từ", "--from is followed by one word"),
        (["check", "--lang"], "sau --lang phải có một từ", "--lang is followed by one word"),
        (["backup", "x", "--with-secret=1"], "--with-secret không đi kèm từ nào, nhưng có “1”",
         "--with-secret takes no word, but “1” was given"),
        (["record", "x", "--o"], "không hiểu: --o", "not understood: --o"),
        (["check", "--la=en"], "không hiểu: --la=en", "not understood: --la=en"),
    ],
)  # fmt: skip
def test_wrong_usage_is_reported_in_the_requested_language(
    words: list[str], vi: str, en: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, output = run(capsys, *words)
    assert code == 2 and vi in output and "python app.py --help" in output
    if not any(word.startswith("--lang") for word in words):  # else the last --lang counts
        assert en in run(capsys, "--lang", "en", *words)[1]


@pytest.mark.parametrize(
    ("words", "lang"),
    [([], "vi"), (["--lang", "en"], "en"), (["--lang=en"], "en"), (["--lang"], "vi"), (["--lang", "xx"], "vi")],
)
def test_language_is_read_from_the_arguments_and_defaults_to_vietnamese(words: list[str], lang: str) -> None:
    assert language_of(words) == lang


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: b: c", YamlCode.MISPLACED_COLON, 1),
        ("a: [1, 2\nb: 3", YamlCode.OPEN_BRACKET, 1),
        ("a: [1, 2\nb", YamlCode.OPEN_BRACKET, 1),
        ("a: {x: 1\nb", YamlCode.OPEN_BRACKET, 1),
        ('a: "x\nb: 1', YamlCode.QUOTED_TEXT, 1),
        ('x: 1\na: "\\q"', YamlCode.QUOTED_TEXT, 2),
        ("a:\n\tb: 1", YamlCode.MISPLACED_CHARACTER, 2),
        ("key: @x", YamlCode.MISPLACED_CHARACTER, 1),
        ("- a\nb: 1", YamlCode.INDENTATION, 2),
        ("a: b\n- c", YamlCode.INDENTATION, 2),
        ('"a": 1\n- b', YamlCode.INDENTATION, 2),
        ("a: |x\n", YamlCode.BLOCK_TEXT, 1),
        ("a: - b", YamlCode.MISPLACED_ENTRY, 1),
        ("a: {b: |}", YamlCode.MISPLACED_CHARACTER, 1),
        ("a: 1\nbc\nd: 2", YamlCode.KEY_WITHOUT_COLON, 3),
        ("a: !<x", YamlCode.SYNTAX, 1),
        ("đ: 1\r\na: \x07", YamlCode.CONTROL_CHARACTER, 2),
    ],
)
def test_invalid_yaml_has_a_code_and_a_line(text: str, code: YamlCode, line: int) -> None:
    (fault,) = parse("a.yaml", text.encode()).faults
    assert (fault.failure.code, fault.line) == (code, line), fault
    assert describe(fault.failure, "vi").startswith("không đúng yaml")
    assert describe(fault.failure, "en").startswith("is not yaml")


def test_misplaced_character_is_shown_escaped() -> None:
    (fault,) = parse("a.yaml", b"a:\n\tb: 1").faults
    assert fault.failure.params == {"character": "\\t"}


def test_unreadable_store_is_reported_in_vietnamese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IOC_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "ioc.db").write_bytes(b"no store at all" * 400)
    assert app.main(["audit", "verify"]) == 1
    assert _ACCENTED.search(capsys.readouterr().err)


def test_wrong_arguments_print_the_usage_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IOC_DATA", str(tmp_path))
    outputs = []
    for words in (["api-key"], ["api-key", "add", "A"]):
        assert app.main([*words, "--lang", "en"]) == 2
        outputs.append(capsys.readouterr().err)
    assert outputs[0] == outputs[1] and app.COMMANDS["api-key"][0] in outputs[0]
