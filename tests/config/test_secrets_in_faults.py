"""A wrong value is quoted, but never one that may be a secret, and nothing of a secret document."""

from pathlib import Path

import pytest

from data_sources import protocols
from ioc.config.errors import ConfigCode
from ioc.config.row_codes import DirectiveCode
from tests.config.folders import DIRECTIVES, SOURCES, load_faults, write

SECRET = "480216"


@pytest.mark.parametrize("option", [
    f"headers: {{X-Key: {SECRET}}}", f"headers: {{Authorization: [{SECRET}]}}", f"headers: {SECRET}",
])  # fmt: skip
def test_a_value_of_a_secret_field_is_not_quoted(tmp_path: Path, option: str) -> None:
    options = f'{{items: data, series: "{{id}}", value: v, time: t, {option}}}'
    folder = write(tmp_path, sources=SOURCES.replace("{items: data}", options))
    faults = load_faults(folder, protocols=protocols())
    (fault,) = (fault for fault in faults if fault.field.startswith("options.headers"))
    assert fault.failure.code in (ConfigCode.NOT_A_TEXT, ConfigCode.NOT_A_MAPPING)
    assert SECRET not in f"{fault} {fault.suggestion}"


def test_a_secret_document_is_not_named(tmp_path: Path) -> None:
    body = DIRECTIVES.replace("    kind: công văn", "    secrecy: Mật\n    kind: công văn")
    (fault,) = load_faults(write(tmp_path, directives=body))
    assert fault.failure.code == DirectiveCode.SECRET_DOCUMENT
    assert "2322" not in str(fault)
