"""Text of unknown charset: detection by what the bytes spell, and the Vietnamese encodings before Unicode."""

from data_sources._text.charset import decode, zeros_for_erased
from data_sources._text.legacy import decode_tcvn3, decode_vni
from data_sources._text.vietnamese import word_share

__all__ = ["decode", "decode_tcvn3", "decode_vni", "word_share", "zeros_for_erased"]
