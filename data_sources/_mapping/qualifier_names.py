"""Parts of an answer that by their names or texts may say what a value is, whether it is good, or if there is more."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from data_sources._mapping.unit_fields import UnitField, has_unit_word, name_words
from ioc.domain.base.name_units import unit_at_end
from ioc.domain.base.units import canonical_unit, is_count_unit, is_known_unit, is_same_quantity

# Words of names of fields that say what a value is, whether it is good, or whether there is more.
_QUALIFIERS = frozenset(
    {
        "unit", "units", "uom", "dvt", "symbol", "scale", "factor", "multiplier", "multiple", "exponent", "datum",
        "zone", "tz", "timezone", "offset", "utc", "gmt", "dst",
        "status", "stat", "state", "quality", "qc", "qa", "flag", "flags", "valid", "invalid", "validity",
        "provisional",
        "estimated", "simulated", "test", "forecast", "suspect", "error", "errors", "warning", "warnings", "success",
        "code", "message", "msg", "fault", "alarm", "total", "count", "matched", "returned", "next", "page", "pages",
        "paging", "pagination", "cursor", "more", "last", "links", "link", "truncated", "limit", "remaining",
        "donvi", "muigio", "trangthai", "chatluong", "tong", "tongso", "loi", "thongbao", "ghichu", "note", "remark",
        "online", "offline", "calibrating", "calibration", "maintenance", "active", "enabled", "disabled", "err", "ok",
        "sts", "confidence", "reliability", "uncertainty", "accuracy", "precision", "approved", "verified", "ratio",
        "coefficient", "multiplicator", "adjusted", "corrected", "raw", "mock", "demo", "source", "parameter",
    }
)  # fmt: skip
# Words of names of fields with free texts, which may be about persons.
_FREE_TEXTS = frozenset(
    {
        "message", "msg", "thongbao", "ghichu", "note", "notes", "remark", "remarks", "link", "links", "name", "ten",
        "text", "comment", "description", "chuthich", "nguon", "nguontin", "source", "approved", "verified", "raw",
        "xacnhan", "xacthuc", "pheduyet", "suco", "canhbao", "mucdo", "hoatdong", "parameter",
    }
)  # fmt: skip
# Pairs of Vietnamese words, without tones, as names have them: "tinh_trang", "tinhTrang", "Tình trạng", "tinhtrang".
_VIETNAMESE = frozenset(
    {
        ("don", "vi"), ("mui", "gio"), ("trang", "thai"), ("chat", "luong"), ("ghi", "chu"), ("thong", "bao"),
        ("tinh", "trang"), ("canh", "bao"), ("he", "so"), ("ty", "le"), ("ti", "le"), ("tin", "cay"), ("chu", "thich"),
        ("nguon", "goc"), ("nguon", "tin"), ("hop", "le"), ("hieu", "chuan"), ("hieu", "chinh"), ("kiem", "dinh"),
        ("bao", "tri"), ("bao", "duong"), ("so", "bo"), ("uoc", "tinh"), ("tam", "tinh"), ("mo", "phong"),
        ("gia", "lap"), ("cao", "do"), ("moc", "cao"), ("moc", "chuan"), ("diem", "moc"), ("hoat", "dong"),
        ("ket", "noi"), ("nghi", "ngo"), ("bat", "thuong"), ("binh", "thuong"), ("su", "co"), ("thu", "nghiem"),
        ("chay", "thu"), ("du", "bao"), ("du", "kien"), ("sai", "so"), ("do", "chinh"), ("xac", "thuc"),
        ("xac", "nhan"), ("phe", "duyet"), ("muc", "do"), ("cap", "do"), ("ky", "hieu"), ("quy", "doi"),
        ("thang", "do"), ("thoi", "gian"), ("thoi", "diem"), ("tong", "so"), ("con", "lai"), ("tiep", "theo"),
        ("do", "luong"), ("dai", "do"), ("con", "nua"),
    }
)  # fmt: skip
_SYLLABLES_JOINED = frozenset(map("".join, _VIETNAMESE))
_JOINED = re.compile(r"(?:unit|uom|timezone|utc|status|quality|total|next)")  # in names without separators


def is_qualifier_name(name: str) -> bool:
    """Whether a name says that its value may tell what another is, whether it is good, or that a list goes on."""
    words = name_words(name)
    if not _QUALIFIERS.isdisjoint(words) or any(pair in _VIETNAMESE for pair in pairwise(words)):
        return True
    if words and (words[0] == "nguon" or not _SYLLABLES_JOINED.isdisjoint(words)):
        return True
    return any(_JOINED.match(word) for word in words)


def may_be_free_text(name: str) -> bool:
    """Whether a name is one of notes, messages or names, whose text may be about persons."""
    words = name_words(name)
    return not _FREE_TEXTS.isdisjoint((*words, *map("".join, pairwise(words))))


def may_be_unit(names: Sequence[str], samples: Iterable[str]) -> bool:
    """Whether a part looks like a unit, by the last of its `names` and its texts as JSON.

    So it does where a text is a unit with a sign, or has a unit at its end in brackets, whatever the names.
    """
    texts = [sample[1:-1] for sample in samples if sample[:1] == '"']
    if any(map(has_unit_word, names)):
        fields = (UnitField("", text, may_be_body=True) for text in texts)
        return any(is_known_unit(field.text) or field.may_be_unknown_unit for field in fields)
    return any(unit_at_end(text) or _is_sign_of_unit(text) for text in texts)


def _is_sign_of_unit(text: str) -> bool:
    """Whether a text is hardly anything but a unit: "°C", "cm", "centimeter"; not "m", "CA" or "day"."""
    if not is_known_unit(text) or is_count_unit(canonical_unit(text)):
        return False
    is_word = len(text) > 1 and not text.isupper() and not text.isdecimal() and text != "in"
    return not is_same_quantity(text, "s") and (is_word or not text.isalnum())
