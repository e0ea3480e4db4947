"""Which words may be Vietnamese."""

import pytest

from data_sources._text import word_share

WORDS = (
    "Cộng hoà hòa xã hội chủ nghĩa Việt Nam giữ gìn giếng quốc quyết quý quở huyện Thuỷ Thủy khuỷu ngoằn ngoèo nghiêng "
    "khuya rượu chuột được yêu yếu ướt uống mía mưa của kiểm tra xoong Đắk thuế huơ tuần khuếch loắt HĐND TĐC QÐ "
    "Ô Ấp ĐÔNG"
)
OTHER_WORDS = (
    "víi khÈu tỉng ®éc Ngµy Mùc n\u00adíc hoäi chuû nghóa xaõ Maõ café Noël Bokmål été các\u0300 mạtc cế ghả ngễ kả "
    "đaix hòaa tòan thúê"
)


@pytest.mark.parametrize("word", WORDS.split(" "))
def test_vietnamese_word_is_recognised(word: str) -> None:
    assert word_share([word]) == 1


@pytest.mark.parametrize("word", OTHER_WORDS.split(" "))
def test_other_word_is_not_recognised(word: str) -> None:
    assert word_share([word]) == 0


def test_share_counts_each_word() -> None:
    assert word_share(["mưa", "café", "lũ", "été"]) == 0.5 and word_share([]) == 0
