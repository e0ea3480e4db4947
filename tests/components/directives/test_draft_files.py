"""The size of a file in words."""

import pytest

from components.directives.draft_files import file_size
from ioc.domain.directives.evidence import EvidenceFile, EvidenceType


@pytest.mark.parametrize(
    ("size", "words"),
    [(9, "9 byte"), (999, "999 byte"), (1_000, "1,0 kB"), (64_321, "64,3 kB"), (2_500_000, "2,5 MB")],
)
def test_a_small_file_is_not_of_no_size(size: int, words: str) -> None:
    assert file_size(EvidenceFile("a.pdf", EvidenceType.PDF, size, "0" * 64), "vi") == words
