"""The tables of TCVN3 and VNI, compared with the published code pages."""

import unicodedata

from data_sources._text import decode_tcvn3, decode_vni


def test_tcvn3_text_is_decoded_to_unicode() -> None:
    assert decode_tcvn3("Céng hoµ x· héi chñ nghÜa ViÖt Nam") == "Cộng hoà xã hội chủ nghĩa Việt Nam"
    assert decode_tcvn3("§éc lËp - Tù do - H¹nh phóc") == "Độc lập - Tự do - Hạnh phúc"
    assert decode_tcvn3("n\u00adíc, \u00ad¬m") == "nước, ươm"


def test_vni_text_is_decoded_to_unicode() -> None:
    assert decode_vni("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam") == "Cộng hòa xã hội chủ nghĩa Việt Nam"
    assert decode_vni("Ñoäc laäp - Töï do - Haïnh phuùc") == "Độc lập - Tự do - Hạnh phúc"
    assert decode_vni("THAØNH PHOÁ CAÀN THÔ") == "THÀNH PHỐ CẦN THƠ"
    assert decode_vni("aêaèaéaúaüaë") == "ăằắẳẵặ"


def test_each_letter_is_reached_once() -> None:
    """All 67 small letters with marks, and no other."""
    vowels = ["a", "ă", "â", "e", "ê", "i", "o", "ô", "ơ", "u", "ư", "y"]
    tones = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]
    all_of = {unicodedata.normalize("NFC", vowel + tone) for vowel in vowels for tone in tones} - set("aeiouy") | {"đ"}
    decoded = [decode_tcvn3(chr(code)) for code in range(0xA1, 0x100)]
    assert set(decoded) >= all_of
    assert all(decoded.count(letter) == 1 for letter in all_of if not letter <= "\xff")
