"""What turns a markup that a screen holds into the newer one: where values moved, only the values travel."""

import re
from collections.abc import Iterable, Sequence

_MARKUP_TOKENS = re.compile(r'[^<>"]+|[<>"]')
_WORDS = re.compile(r"\w+|\W")
_MERGE_DISTANCE = 6  # what stands unchanged for less between two changes is sent along with them
_OVERHEAD = 10  # characters that the counts and signs of a step take
_MAX_PATCH_RATIO = 0.6  # of the whole; beyond it the whole is sent

# Counts and texts in threes: keep, drop, put.
PatchSteps = list[tuple[int, int, str]]


def diff(old: str, new: str) -> list[int | str] | None:
    """[keep, drop, put, …]: take `keep` characters of `old`, leave out `drop`, write `put`, …; then the rest of it.

    None where that is not much shorter than the whole, or where a screen would count characters otherwise.
    """
    if max(old + new, default="") > "\uffff":
        return None
    before, after = _MARKUP_TOKENS.findall(old), _MARKUP_TOKENS.findall(new)
    steps = _token_steps(old, before, after) if len(before) == len(after) else _middle_step(old, new)
    size = sum(len(put) + _OVERHEAD for _, _, put in steps)
    return [part for step in steps for part in step] if size < _MAX_PATCH_RATIO * len(new) else None


def _pairs(before: Sequence[str], after: Sequence[str]) -> Iterable[tuple[str, str]]:
    """As many parts as before: each with what it became, by the word where a part has as many words as before."""
    for one, other in zip(before, after, strict=True):
        if one != other:
            words, others = _WORDS.findall(one), _WORDS.findall(other)
            if len(words) == len(others):
                yield from zip(words, others, strict=True)
                continue
        yield one, other


def _token_steps(old: str, before: Sequence[str], after: Sequence[str]) -> PatchSteps:
    """Those that differ, in one step where they are near each other."""
    steps: PatchSteps = []
    at = done = 0  # characters of `old` before this word; those that the steps have dealt with
    for one, other in _pairs(before, after):
        if one != other:
            if steps and at - done <= _MERGE_DISTANCE:
                keep, drop, put = steps.pop()
                steps.append((keep, drop + at - done + len(one), put + old[done:at] + other))
            else:
                steps.append((at - done, len(one), other))
            done = at + len(one)
        at += len(one)
    return steps


def _middle_step(old: str, new: str) -> PatchSteps:
    """Whatever lies between the same beginning and the same end."""
    short = min(len(old), len(new))
    first = next((n for n in range(short) if old[n] != new[n]), short)
    last = next((n for n in range(short - first) if old[-1 - n] != new[-1 - n]), short - first)
    return [(first, len(old) - first - last, new[first : len(new) - last])]
