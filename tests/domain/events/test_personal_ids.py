"""Ids of other systems: which of them hold personal data."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.personal_ids import is_personal_id


@pytest.mark.parametrize(
    "external_id",
    [
        "0100345678", "NV 0100 345 678", "VB-0100345678", "000123456789", "a@b.example", "13A-123.45", "CMND 123456789",
        "STK1010054208", "STK 10100542", "BHXH 1012 345 678", "001234567", "84100345678", "4111111111111111",
        "x/0100.345.678/y", "0100345678" + "x" * 90,
    ],
)  # fmt: skip
def test_an_id_that_looks_like_personal_data_is_found(external_id: str) -> None:
    assert is_personal_id(external_id)


@pytest.mark.parametrize(
    "external_id",
    [
        "", "1", "QLVB-2026-0815", "QLVB/1", "815/MP-UBND", "e-17", "202611240001", "VB202611240001", "VB-202611240001",
        "000.00.12.H13-241124-0001", "nv-1", "N1", "---", "文件", "507f1f77bcf86cd799439011",
    ],
)  # fmt: skip
def test_ordinary_ids_are_taken(external_id: str) -> None:
    assert not is_personal_id(external_id)


@given(st.uuids())
def test_every_uuid_is_taken(external_id: UUID) -> None:
    assert not is_personal_id(str(external_id)) and not is_personal_id(str(external_id).upper())
