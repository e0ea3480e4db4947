"""How offices abbreviate the names of agencies: "Sở XD", "UBND P. B", "VP UBND TP".

Forms are derived from the names alone, by the rules of official abbreviations: a word that says the kind of an agency
stands in full or shortened (UBND, TP, VP), what it is responsible for in full or by its initials (GDĐT), the name of a
commune in full.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from math import prod

from ioc.domain.base.slug import fold

# Words that say the kind of an agency, folded, and how they are shortened.
_KINDS: Mapping[str, str] = {
    "uy ban nhan dan": "ubnd", "hoi dong nhan dan": "hdnd", "van phong": "vp", "thanh pho": "tp", "phuong": "p",
    "xa": "x", "dac khu": "dk", "so": "s", "cong an": "ca", "co quan": "cq", "ban quan ly": "bql", "trung tam": "tt",
    "chi cuc": "cc", "cong ty": "cty", "benh vien": "bv", "bao hiem xa hoi": "bhxh", "ubnd": "ubnd", "hdnd": "hdnd",
    "tp": "tp", "vp": "vp",
}  # fmt: skip
_OF_COMMUNES = ("phuong", "xa", "dac khu")  # their name follows, which is never shortened
_OF_CITY = ("thanh pho", "tp")  # its name follows, which may be left out
_AND, _BREAKS = ("va", "&"), (",", ";", "&", "va")
_MOST_WORDS = max(kind.count(" ") + 1 for kind in _KINDS)
_MOST_FORMS, _FEWEST_LETTERS = 512, 3
_IN_BRACKETS, _OTHERS, _WORD = re.compile(r"\([^()]*\)"), re.compile(r"[^0-9a-z]+"), re.compile(r"[0-9a-z]+|[,;&]")


def compact(name: str) -> str:
    """A name as forms are compared: folded, without spaces and signs; "" where it has brackets, which say more."""
    return "" if "(" in name else _OTHERS.sub("", fold(name))


@cache
def abbreviations(name: str) -> frozenset[str]:
    """The forms of an official name, as `compact` gives them, with the name itself; what is in brackets is left out."""
    words = _WORD.findall(fold(_IN_BRACKETS.sub(" ", name)))
    parts = _parts(words)
    if not _kind_at(words, 0, least=1):  # initials alone are those of many: "BCT", "TTCP"
        forms = {"".join(part[0] for part in parts)}
    elif prod(map(len, parts)) > _MOST_FORMS:  # a name of very many parts: in full or with all of them shortened
        forms = {"".join(part[0] for part in parts), "".join(part[-1] for part in parts)}
    else:
        forms = {"".join(chosen) for chosen in product(*parts)}
    return frozenset(form for form in forms if len(form) >= _FEWEST_LETTERS)


def _parts(words: Sequence[str]) -> list[tuple[str, ...]]:
    """How each part of a name may be written, in full first."""
    parts, at, is_front = list[tuple[str, ...]](), 0, True
    while at < len(words):
        kind = _kind_at(words, at, least=1 if is_front else 2)
        if kind:
            parts.append((kind.replace(" ", ""), _KINDS[kind]))
            at += kind.count(" ") + 1
            if kind in _OF_COMMUNES or kind in _OF_CITY:
                return [*parts, *_place(words[at:], is_city=kind in _OF_CITY)]
        elif words[at] in _BREAKS:
            parts.append(("va", "") if words[at] in _AND else ("",))
            at += 1
        else:
            end = at + 1
            while end < len(words) and words[end] not in _BREAKS and not _kind_at(words, end, least=2):
                end += 1
            parts.append(("".join(words[at:end]), _initials(words[at:end])))
            at, is_front = end, False
    return [tuple(dict.fromkeys(part)) for part in parts]


def _kind_at(words: Sequence[str], at: int, *, least: int) -> str:
    """The longest kind of at least so many words that begins there: one word says a kind only in front of a name."""
    kinds = (" ".join(words[at : at + size]) for size in range(_MOST_WORDS, least - 1, -1))
    return next((kind for kind in kinds if kind in _KINDS and kind.count(" ") + 1 >= least), "")


def _place(words: Sequence[str], *, is_city: bool) -> list[tuple[str, ...]]:
    name = [word for word in words if word not in _BREAKS]
    full = "".join(name)
    return [tuple(dict.fromkeys((full, _initials(name), "") if is_city else (full,)))]


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words)
