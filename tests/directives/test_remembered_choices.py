"""What a person chose for a sheet is remembered; a file that power was cut over is as if nothing had been chosen."""

from pathlib import Path

import pytest

from ioc.directives.staging import SheetStaging
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.directives.sheet_fields import SheetField

PERSON = Principal(PrincipalKind.USER, "an")


@pytest.mark.parametrize("left", [b"", b'{"0": "no', b"\0" * 20])
def test_damaged_file_is_nothing_remembered_and_is_written_anew(tmp_path: Path, left: bytes) -> None:
    staging = SheetStaging(tmp_path, lambda: 0.0)
    for _ in range(2):
        assert staging.remembered(("a", "b"), PERSON) == {} and staging.remembered_names(["Sở A"], PERSON) == {}
        staging.remember(("a", "b"), {0: SheetField.NOTE}, PERSON)
        staging.remember_names({"Sở A": "a"}, PERSON)
        assert staging.remembered(("a", "b"), PERSON) == {0: SheetField.NOTE}
        assert staging.remembered_names(["Sở A"], PERSON) == {"Sở A": "a"}
        for file in tmp_path.glob("mappings/*.json"):
            file.write_bytes(left)
