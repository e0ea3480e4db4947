"""Abbreviations of agencies follow from their names, and never name two of them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agencies, Agency, AgencyNames, folded_name
from ioc.domain.directives.agency_abbreviations import abbreviations, compact
from ioc.domain.directives.nearest_agencies import NearestAgencies

DAY = date(2026, 11, 2)
NAMES = {
    "city": ("Ủy ban nhân dân thành phố Cần Thơ", "UBND thành phố"),
    "vp": ("Văn phòng Ủy ban nhân dân thành phố", "Văn phòng UBND"),
    "xd": ("Sở Xây dựng", "Sở Xây dựng"),
    "tc": ("Sở Tài chính", "Sở Tài chính"),
    "gddt": ("Sở Giáo dục và Đào tạo", "Sở GD&ĐT"),
    "vh": ("Sở Văn hóa, Thể thao và Du lịch", "Sở VHTTDL"),
    "ca": ("Công an thành phố Cần Thơ", "Công an thành phố"),
    "xa-a": ("Ủy ban nhân dân xã A (mô phỏng)", "Xã A"),
    "p-b": ("Ủy ban nhân dân phường B", "Phường B"),
    "b": ("Cơ quan B (mô phỏng)", "Cơ quan B"),
}


def agencies(names: dict[str, tuple[str, str]]) -> Agencies:
    return {key: Agency(key, LocalizedText(name), LocalizedText(short)) for key, (name, short) in names.items()}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Sở XD", "xd"), ("SXD", "xd"), ("Sở TC", "tc"), ("Sở GDĐT", "gddt"), ("Sở GD-ĐT", "gddt"),
        ("Sở GD và ĐT", "gddt"), ("Sở VH, TT&DL", "vh"), ("Công an TP", "ca"), ("CA TP Cần Thơ", "ca"),
        ("UBND xã A", "xa-a"), ("UBND X. A", "xa-a"), ("UBND P. B", "p-b"), ("VP UBND TP", "vp"),
        ("Văn phòng UBND thành phố", "vp"), ("UBND TP", "city"), ("UBND TPCT", "city"), ("CQ B", "b"),
    ],
)  # fmt: skip
def test_official_abbreviation_names_its_agency(text: str, key: str) -> None:
    assert AgencyNames(agencies(NAMES), DAY).match(text) == ((key,), ())


@pytest.mark.parametrize("text", ["Sở GD", "TP", "Sở", "UBND", "Sở XD (phòng 2)", "UBND xã B"])
def test_other_words_name_none(text: str) -> None:
    assert AgencyNames(agencies(NAMES), DAY).match(text) == ((), (text,))


@pytest.mark.parametrize(("name", "text"), [("Bộ Chính trị", "BCT"), ("Thủ tướng Chính phủ", "TTCP")])
def test_initials_without_a_kind_name_none(name: str, text: str) -> None:
    known = AgencyNames(agencies({"x": (name, name)}), DAY)
    assert known.match(text) == ((), (text,)) and known.match(name.upper()) == (("x",), ())


def test_form_of_two_agencies_names_neither_and_whole_names_stay_known() -> None:
    names = AgencyNames(agencies({**NAMES, "tuphap": ("Sở Tiếp cận", "Sở Tiếp cận")}), DAY)
    assert names.match("Sở TC") == ((), ("Sở TC",))
    assert names.match("Sở Tài chính, Sở Tiếp cận") == (("tc", "tuphap"), ())


def test_choice_for_unknown_name_is_an_agency_or_none() -> None:
    chosen = {folded_name("Sở Lạ"): "xd", folded_name("không"): "", folded_name("cũ"): "ended", "so tai chinh": "xd"}
    names = AgencyNames(agencies(NAMES), DAY, chosen)
    assert names.match("SỞ LẠ; không, cũ, Sở Tài chính") == (("xd", "tc"), ("cũ",))


@pytest.mark.parametrize(
    ("text", "key"),
    [("Sở Xây dưng thành phố", "xd"), ("Sở Giáo dục", "gddt"), ("Phường B (UBND)", "p-b"), ("Công an tỉnh", "ca")],
)
def test_nearest_agency_is_proposed_first(text: str, key: str) -> None:
    assert NearestAgencies(agencies(NAMES), DAY).of(text)[:1] == [key]


def test_agencies_of_an_ambiguous_abbreviation_are_all_proposed() -> None:
    known = agencies({**NAMES, "tuphap": ("Sở Tiếp cận", "Sở Tiếp cận")})
    assert NearestAgencies(known, DAY).of("Sở TC")[:2] == ["tc", "tuphap"]
    assert NearestAgencies(known, DAY).of("qwz") == [] and NearestAgencies(known, DAY).of("") == []


_WORDS = st.sampled_from(
    ("Sở", "Xây", "dựng", "Xã", "hội", "và", "Thành", "phố", "Ủy", "ban", "nhân", "dân", "xã", "phường", "A", "B,",
     "An", "Tài", "chính", "Tiếp", "cận", "Công", "an", "Văn", "phòng", "(cũ)")
)  # fmt: skip
_NAME = st.lists(_WORDS, min_size=1, max_size=7).map(" ".join)


@given(st.lists(_NAME, min_size=2, max_size=6, unique_by=folded_name))
def test_derived_abbreviation_never_names_two_agencies(names: list[str]) -> None:
    known = agencies({f"key-{n}-x": (name, name) for n, name in enumerate(names)})
    found = AgencyNames(known, DAY)
    for key, agency in known.items():
        for form in abbreviations(agency.name.vi):
            others = {
                other for other, each in known.items()
                if other != key and form in {*abbreviations(each.name.vi), compact(each.name.vi)}
            }  # fmt: skip
            keys = found.match(form).keys
            assert keys in (((key,),) if not others else ((), *((each,) for each in (key, *others))))
            if keys and others:  # then it is the whole name of that one
                assert folded_name(form) == folded_name(known[keys[0]].name.vi)
