"""Vietnamese words: the syllables that the orthography permits, to tell a right decoding from a wrong one."""

import re
from collections import defaultdict
from collections.abc import Iterable

from ioc.domain.base.normal_form import normal_form
from ioc.domain.base.text_cache import cache_short_texts

_ONSETS_BEFORE_ANY = (
    "b",
    "ch",
    "d",
    "đ",
    "gi",
    "h",
    "kh",
    "l",
    "m",
    "n",
    "nh",
    "ph",
    "r",
    "s",
    "t",
    "th",
    "tr",
    "v",
    "x",
)
_ONSETS_BEFORE_BACK, _ONSETS_BEFORE_FRONT = ("c", "g", "ng"), ("k", "gh", "ngh")
# Vowels with what may follow them. "-": nothing.
_RIMES = {
    "a": "- c ch i m n ng nh o p t u y", "ă": "c k m n ng p t", "â": "c m n ng p t u y",
    "e": "- c m n ng o p t", "ê": "- ch m n nh p t u", "i": "- a ch m n nh p t u", "iê": "c m n ng p t u",
    "o": "- c i m n ng p t", "ô": "- c i m n ng p t", "ơ": "- i m n p t", "oo": "c ng",
    "oa": "- c ch i m n ng nh o p t y", "oă": "c m n ng t", "oe": "- n o t",
    "u": "- a c i m n ng p t", "uâ": "n ng t y", "uê": "- ch n nh", "uô": "c i m n ng t", "uơ": "-",
    "ư": "- a c i m n ng t u", "ươ": "c i m n ng p t u",
    "uy": "- a ch n nh p t u", "uyê": "n t", "y": "- a", "yê": "m n ng t u",
}  # fmt: skip
_STOPS = ("c", "ch", "p", "t")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_WITHOUT_TONE = str.maketrans("", "", _TONES)
_TONES_BEFORE_STOPS = "\u0301\u0323"
_ABBREVIATION = re.compile(r"[A-ZĐÐ]{1,10}")  # Ð: the Icelandic letter, which looks the same and is often typed


def _rimes() -> Iterable[tuple[str, set[int]]]:
    """Each rime with the places that its tone mark may have: its main vowel, in oa, oe, uy also the first."""
    for vowel, ends in _RIMES.items():
        for end in ends.split():
            is_free = vowel in ("oa", "oe", "uy") and end == "-"
            yield vowel + end.replace("-", ""), {len(vowel) - 1, *([0] if is_free else [])}


def _syllables() -> Iterable[tuple[str, set[int]]]:
    for rime, places in _rimes():
        onsets = ["", *_ONSETS_BEFORE_ANY, *(_ONSETS_BEFORE_FRONT if rime[0] in "eêiy" else _ONSETS_BEFORE_BACK)]
        if rime[0] in "aăâeêiơy" or rime == "ôc":
            onsets.append("qu")
        if rime[0] == "i":
            onsets.append("g")
        for onset in onsets:
            yield onset + rime, {len(onset) + place for place in places}


def _tone_places() -> dict[str, int]:
    places = defaultdict[str, int](int)
    for syllable, indices in _syllables():
        for index in indices:
            places[syllable] |= 1 << index
    return places


# Syllable without tone -> the letters that may bear its tone mark, a bit for each index: sets would take 1 MB.
_TONE_PLACES = _tone_places()


@cache_short_texts(20_000)
def is_word(word: str) -> bool:
    """Whether `word`, in NFC, may be one Vietnamese syllable, whatever its case, or a short abbreviation with Đ."""
    if _ABBREVIATION.fullmatch(word):
        return True
    letters = [normal_form("NFD", letter) for letter in word.casefold()]
    syllable = "".join(normal_form("NFC", letter.translate(_WITHOUT_TONE)) for letter in letters)
    tones = [(n, mark) for n, letter in enumerate(letters) for mark in letter if mark in _TONES]
    if not tones or len(tones) > 1:
        return syllable in _TONE_PLACES and not tones
    (place, tone), is_stopped = tones[0], syllable.endswith(_STOPS)
    return bool(_TONE_PLACES.get(syllable, 0) >> place & 1) and (not is_stopped or tone in _TONES_BEFORE_STOPS)


def word_share(words: Iterable[str]) -> float:
    """The share of `words` that are Vietnamese, 0 to 1; 0 without any."""
    verdicts = [is_word(normal_form("NFC", word)) for word in words]
    return sum(verdicts) / len(verdicts) if verdicts else 0.0
