"""Texts of citizen reports: services, fictitious descriptions, and notes with fictitious numbers that test masking.

No telephone, mail address or plate here can be anybody's: 0100 is no network's prefix, .example no domain, 13 no
province's plate.
"""

from typing import NamedTuple


class ReportService(NamedTuple):
    """`often`: its weight among all; `agency`: who answers for it; `texts`: what is written."""

    name: str
    group: str
    agency: str
    weight: int
    texts: tuple[str, ...]


_B, _D, _G = "Cơ quan B (mô phỏng)", "Cơ quan D (mô phỏng)", "Cơ quan G (mô phỏng)"
SERVICES = {
    "rac-thai": ReportService("Rác thải, vệ sinh môi trường", "Môi trường", _D, 5, (
        "Rác sinh hoạt tồn đọng ba ngày chưa được thu gom, bốc mùi hôi.",
        "Có người đổ trộm xà bần xuống mương cạnh hẻm.",
        "Thùng rác công cộng bị vỡ nắp, nước rỉ rác chảy ra vỉa hè.",
    )),
    "den-duong": ReportService("Đèn đường, chiếu sáng công cộng", "Hạ tầng", _B, 4, (
        "Đèn đường không sáng suốt đoạn hẻm, ban đêm đi lại nguy hiểm.",
        "Bốn bóng đèn liền nhau bị hỏng từ đầu tuần.",
        "Đèn chiếu sáng bật cả ban ngày, đề nghị kiểm tra bộ hẹn giờ.",
    )),
    "ngap": ReportService("Ngập nước, thoát nước", "Hạ tầng", _B, 3, (
        "Đường ngập khoảng 20 cm mỗi khi triều lên, nước rút rất chậm.",
        "Miệng cống bị rác bịt kín, mưa nhỏ cũng ngập.",
        "Nắp hố ga bị mất, đã cắm cành cây cảnh báo tạm.",
    )),
    "o-ga": ReportService("Mặt đường hư hỏng, ổ gà", "Hạ tầng", _B, 4, (
        "Ổ gà sâu giữa làn xe máy, đã có người té ngã.",
        "Mặt đường lún sụt sau khi tái lập rãnh đào cáp.",
        "Gạch vỉa hè bong tróc, người lớn tuổi đi lại khó khăn.",
    )),
    "trat-tu": ReportService("Trật tự đô thị, lấn chiếm vỉa hè", "Đô thị", _G, 4, (
        "Hàng quán bày bàn ghế kín vỉa hè, người đi bộ phải xuống lòng đường.",
        "Xe tải đỗ qua đêm trước cổng trường học.",
        "Loa kéo hát đến khuya, nhiều lần nhắc nhở không giảm.",
    )),
    "cay-xanh": ReportService("Cây xanh, công viên", "Đô thị", _B, 2, (
        "Cành cây lớn gãy treo trên dây điện sau trận dông.",
        "Cây nghiêng về phía nhà dân, gốc bị mục.",
    )),
    "cap-nuoc": ReportService("Cấp nước sinh hoạt", "Hạ tầng", _B, 2, (
        "Ống nước vỡ, nước chảy tràn ra đường từ sáng sớm.",
        "Nước sinh hoạt có màu đục và mùi lạ.",
    )),
    "day-cap": ReportService("Dây điện, cáp viễn thông", "Hạ tầng", _B, 1, (
        "Bó cáp viễn thông sà thấp ngang đầu người đi xe máy.",
        "Trụ cáp nghiêng, dây chùng qua mặt đường.",
    )),
}  # fmt: skip

_NOTES = (
    "Người dân bổ sung: gọi 0100 000 0{n} khi đến để được chỉ chỗ.",
    "Đã gửi thêm ảnh từ hộp thư nguoi-dan-{n}@vi-du.example.",
    "Người dân ghi lại xe biển số 13A-000.{n} có mặt tại hiện trường.",
)
_PROGRESS = {
    "đã tiếp nhận": "Đã tiếp nhận, chờ phân công.",
    "đang xử lý": "Đã chuyển {agency} kiểm tra, xử lý.",
    "đã xử lý": "{agency} đã xử lý xong và cập nhật kết quả.",
    "đã xử lý, chưa hài lòng": "{agency} đã xử lý; người dân đánh giá chưa hài lòng.",
}


def description(service: str, wording: float) -> str:
    """The description of a report."""
    texts = SERVICES[service].texts
    return texts[int(wording * len(texts))]


def progress_note(service: str, word: str, trace: float) -> str:
    """The progress note of a report; a quarter of them contain a fictitious personal number."""
    note = _PROGRESS[word].format(agency=SERVICES[service].agency)
    if trace >= 0.25:
        return note
    n = int(trace * 4 * 90) + 10
    return f"{note} {_NOTES[n % len(_NOTES)].format(n=n)}"
