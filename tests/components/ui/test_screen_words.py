"""No text of a screen uses a word that the city's list of words replaces."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.ui.i18n import catalogue

ROOT = Path(__file__).parents[3]
# Phrases with one meaning only; the others of the list depend on what is said with them.
REPLACED = {
    "không thời hạn": r"\bkhông hạn\b(?! chế)",
    "quá hạn {n} ngày": r"\bquá \{n\} ngày",
    "đôn đốc": r"\bnhắc việc\b",
    "đối chiếu báo cáo – số đo": r"\bnói và làm\b",
    "thời gian quá hạn": r"\btuổi của (việc|nhiệm vụ)\b",
    "mất kết nối": r"\bmất (tín hiệu|liên lạc)\b",
    "chưa có số liệu": r"\bkhông có số liệu\b(?! (mô phỏng|nào))",
    "xem lại thời điểm": r"\bxem lúc khác\b",
    "chậm cập nhật số liệu": r"\bnợ (dữ|số) liệu\b",
    "cơ quan hiện chủ trì": r"\bcơ quan đang giữ\b",
    "căn cứ đánh giá": r"\bvì sao\b",
    "báo cáo hoàn thành": r"\bđề nghị đóng\b",
    "đề nghị điều chỉnh": r"\btừ chối nhiệm vụ\b",
    "đang thực hiện, chưa kết thúc": r"\bđang mở\b",
    "văn bản của thành phố": r"\b(văn bản|cơ quan)[^.;:\n]{0,20} có thật\b",
    "đã đến mức báo cáo lãnh đạo (căn cứ …)": r"\bkỷ luật\b|\bxem xét (trách|người đứng)",
    "đầu mối cơ quan": r"\bngười báo cáo\b",
    "chuyên viên theo dõi": r"\bchuyên viên cập nhật\b",
}


FILES = {
    "config": "*.yaml", "assets": "*.js", "components": "*.py", "pages": "*.py", "simulator": "*.py", "ioc": "*.py",
}  # fmt: skip


def texts() -> Iterator[tuple[str, str]]:
    """Everything that may reach a screen: the catalogue, the configuration, the client's and the simulator's texts."""
    for key, message in catalogue().items():
        yield key, message["vi"]
    for folder, pattern in FILES.items():
        for path in sorted((ROOT / folder).rglob(pattern)):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")


@pytest.mark.parametrize("word", REPLACED)
def test_no_text_uses_a_replaced_word(word: str) -> None:
    replaced = re.compile(REPLACED[word], re.IGNORECASE)
    assert [(place, found[0]) for place, text in texts() if (found := replaced.search(text))] == []


def test_every_schematic_says_that_it_shows_no_official_boundary() -> None:
    words = {key: text["vi"] for key, text in catalogue().items() if "sơ đồ" in text["vi"].lower()}
    del words["commands.schematic"]  # a name in a list of the command line
    assert words and all("không thể hiện địa giới chính thức" in text for text in words.values())


def test_thresholds_of_late_figures_name_a_basis_and_only_report() -> None:
    text = (ROOT / "config/demo/city.yaml").read_text("utf-8")
    names = re.findall(r"name: \{ vi: (đã đến mức[^,}]*)", text)
    assert names and all("báo cáo lãnh đạo" in name and "căn cứ" in name for name in names)
