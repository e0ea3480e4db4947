"""Vietnamese encodings before Unicode: TCVN 5712:1993 (TCVN3, of the .Vn fonts) and VNI-Windows."""

from ioc.domain.base.normal_form import normal_form

_TCVN3 = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
_TCVN3_TABLE = {start + n: letter for start, letters in _TCVN3.items() for n, letter in enumerate(letters)}

_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT = "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"
_CIRCUMFLEX, _BREVE = "\u0302", "\u0306"
# VNI writes a plain letter, then one byte for all its marks; for capitals that byte is 0x20 lower.
_VNI_MARKS = {
    0xF8: _GRAVE,
    0xF9: _ACUTE,
    0xFB: _HOOK,
    0xF5: _TILDE,
    0xEF: _DOT,
    0xE2: _CIRCUMFLEX,
    0xE0: _CIRCUMFLEX + _GRAVE,
    0xE1: _CIRCUMFLEX + _ACUTE,
    0xE5: _CIRCUMFLEX + _HOOK,
    0xE3: _CIRCUMFLEX + _TILDE,
    0xE4: _CIRCUMFLEX + _DOT,
    0xEA: _BREVE,
    0xE8: _BREVE + _GRAVE,
    0xE9: _BREVE + _ACUTE,
    0xFA: _BREVE + _HOOK,
    0xFC: _BREVE + _TILDE,
    0xEB: _BREVE + _DOT,
}
_VNI_LETTERS = {
    0xF4: "ơ", 0xF6: "ư", 0xF1: "đ", 0xEC: "ì", 0xED: "í", 0xE6: "ỉ", 0xF3: "ĩ", 0xF2: "ị", 0xEE: "ỵ",
    0xD4: "Ơ", 0xD6: "Ư", 0xD1: "Đ", 0xCC: "Ì", 0xCD: "Í", 0xC6: "Ỉ", 0xD3: "Ĩ", 0xD2: "Ị", 0xCE: "Ỵ",
}  # fmt: skip
_VNI_TABLE = {**_VNI_MARKS, **{code - 0x20: marks for code, marks in _VNI_MARKS.items()}, **_VNI_LETTERS}


def decode_tcvn3(text: str) -> str:
    """`text`, whose characters stand for the bytes of TCVN3, as Unicode."""
    return text.translate(_TCVN3_TABLE)


def decode_vni(text: str) -> str:
    """`text`, whose characters stand for the bytes of VNI-Windows, as Unicode."""
    return normal_form("NFC", text.translate(_VNI_TABLE))
