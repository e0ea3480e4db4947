"""A diff from the markup that a display holds to the new one: where only values changed, only values are sent."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, compress
from operator import ne

_MARKUP_TOKENS = re.compile(r'[^<>"]+|[<>"]')
_WORDS = re.compile(r"\w+|\W")
_MERGE_DISTANCE = 6  # two changes that are so few characters apart are sent as one
_OVERHEAD = 10  # characters that the counts and separators of a step take
_MAX_PATCH_RATIO = 0.6  # of the new text; a longer patch is not worth it

PatchSteps = list[tuple[int, int, str]]  # (characters to keep, characters to drop, text to insert)
_Change = tuple[int, str, str]  # position in the old text, old part, new part


def diff(old: str, new: str) -> list[int | str] | None:
    """[keep, drop, put, …]: copy `keep` characters of `old`, skip `drop`, insert `put`, …; then copy the rest.

    None where that is not much shorter than `new`, or where JavaScript counts characters differently (beyond U+FFFF).
    """
    if _is_beyond_ffff(old) or _is_beyond_ffff(new):
        return None
    before, after = _MARKUP_TOKENS.findall(old), _MARKUP_TOKENS.findall(new)
    steps = _token_steps(old, before, after) if len(before) == len(after) else _middle_step(old, new)
    size = sum(len(put) + _OVERHEAD for _, _, put in steps)
    return [part for step in steps for part in step] if size < _MAX_PATCH_RATIO * len(new) else None


def _is_beyond_ffff(text: str) -> bool:
    """Whether any character is: it takes four bytes in UTF-16, all others two."""
    return len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text)


def _differing(before: Sequence[str], after: Sequence[str], start: int = 0) -> Iterator[_Change]:
    """The pairs that differ; `before` begins at `start`. A loop over all pairs would be a tenth of a frame's cost."""
    positions = accumulate(map(len, before), initial=start)
    return compress(zip(positions, before, after, strict=False), map(ne, before, after))


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[_Change]:
    """Tokens that differ; split into words where both have the same number of words."""
    for position, old_token, new_token in _differing(before, after):
        old_words, new_words = _WORDS.findall(old_token), _WORDS.findall(new_token)
        if len(old_words) == len(new_words):
            yield from _differing(old_words, new_words, position)
        else:
            yield position, old_token, new_token


def _token_steps(old: str, before: Sequence[str], after: Sequence[str]) -> PatchSteps:
    """The parts that differ; neighbours within _MERGE_DISTANCE become one step."""
    steps: PatchSteps = []
    covered = 0  # characters that the steps cover
    for position, old_part, new_part in _changes(before, after):
        if steps and position - covered <= _MERGE_DISTANCE:
            keep, drop, put = steps.pop()
            steps.append((keep, drop + position - covered + len(old_part), put + old[covered:position] + new_part))
        else:
            steps.append((position - covered, len(old_part), new_part))
        covered = position + len(old_part)
    return steps


def _middle_step(old: str, new: str) -> PatchSteps:
    """One step: everything between the common beginning and the common end."""
    shorter = min(len(old), len(new))
    prefix = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    suffix = next((n for n in range(shorter - prefix) if old[-1 - n] != new[-1 - n]), shorter - prefix)
    return [(prefix, len(old) - prefix - suffix, new[prefix : len(new) - suffix])]
