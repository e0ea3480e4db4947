"""What the simulated documents are: their numbers, how many tasks of each kind, how far behind, and words for tasks."""

from typing import NamedTuple


class Plan(NamedTuple):
    """A document to make. Numbers of tasks by kind; `lag` and `late_lag`: points behind plan, in time and overdue."""

    number: str
    kind: str
    title: tuple[str, str]
    on_time: int
    late: int
    in_time: int
    overdue: int
    free: int
    silent: int  # never reported
    lag: float = 0.0
    late_lag: float = 30.0
    parents: tuple[str, ...] = ()


PLANS = (
    Plan("15/MP-UBND", "công văn", ("Triển khai ICT đô thị thông minh và IOC", "ICT for the smart city and the IOC"),
         5, 1, 2, 2, 2, 0, 14, 32, ("08/MP-BCĐ", "03/MP-QĐ")),
    Plan("08/MP-BCĐ", "công văn", ("Hướng dẫn ICT đô thị thông minh và IOC tại địa phương", "ICT guidance"),
         7, 0, 1, 0, 1, 0, -3),
    Plan("03/MP-QĐ", "quyết định", ("Đề án đô thị thông minh bền vững", "Sustainable smart city programme"),
         14, 1, 1, 4, 1, 0, 20, 78),
    Plan("21/MP-QĐ", "quyết định", ("Chương trình chuyển đổi số", "Digital transformation programme"),
         7, 2, 5, 3, 1, 1, 3, 22, ("03/MP-QĐ",)),
    Plan("34/MP-KH", "kế hoạch", ("Dữ liệu dùng chung và kết nối, chia sẻ", "Shared data and exchange"),
         6, 1, 9, 3, 0, 2, 5, 26, ("21/MP-QĐ",)),
    Plan("40/MP-KH", "kế hoạch", ("Hạ tầng số cấp xã", "Digital infrastructure of communes"),
         3, 0, 14, 2, 2, 3, -1, 24, ("21/MP-QĐ",)),
    Plan("07/MP-QC", "quy chế", ("Quy chế vận hành IOC", "Rules of operation of the IOC"), 2, 0, 4, 0, 6, 0, 2),
    Plan("26/MP-NĐ", "quy định", ("Tiêu chí mức độ trưởng thành đô thị thông minh", "Smart city maturity criteria"),
         1, 0, 3, 0, 2, 3, 1),
    Plan("11/MP-CT", "chỉ thị", ("Giảm ùn tắc giao thông giờ cao điểm", "Less congestion at rush hours"),
         4, 1, 1, 1, 0, 0, 4, 24),
    Plan("12/MP-KH", "kế hoạch", ("Ứng phó triều cường và ngập đô thị", "High tides and urban flooding"),
         4, 1, 2, 1, 0, 0, 3, 18),
    Plan("18/MP-TB", "thông báo kết luận", ("Kết luận phiên họp về cải cách hành chính", "Administrative reform"),
         4, 0, 0, 1, 0, 0, 0, 40),
    Plan("19/MP-CV", "công văn", ("Số hóa hồ sơ lưu trữ", "Digitising archives"), 3, 1, 1, 0, 0, 0, 4),
    Plan("22/MP-KH", "kế hoạch", ("Du lịch thông minh", "Smart tourism"), 2, 1, 1, 0, 0, 0, -2),
    Plan("23/MP-CT", "chỉ thị", ("An toàn thông tin hệ thống cấp độ 3", "Security of level 3 systems"),
         3, 0, 0, 1, 0, 0, 0, 20),
    Plan("27/MP-KH", "kế hoạch", ("Y tế số", "Digital health"), 3, 1, 1, 0, 0, 0, 6),
    Plan("29/MP-KH", "kế hoạch", ("Giáo dục số", "Digital education"), 3, 1, 1, 0, 0, 0, 1),
    Plan("31/MP-TB", "thông báo kết luận", ("Kết luận giao ban tháng", "Conclusions of the monthly meeting"),
         3, 0, 1, 0, 0, 0, -4),
    Plan("36/MP-CV", "công văn", ("Rà soát sau sắp xếp đơn vị hành chính", "Review after the reorganisation"),
         2, 1, 1, 0, 0, 0, 2),
    Plan("42/MP-CV", "công văn", ("Chuẩn bị kế hoạch năm sau", "Preparing next year's plan"), 0, 0, 0, 0, 0, 2),
    Plan("44/MP-CT", "chỉ thị", ("Phòng chống hạn mặn", "Against drought and salinity"), 0, 0, 0, 0, 0, 2),
)  # fmt: skip

WHAT = (
    ("kết nối dữ liệu camera với IOC", "camera feeds to the IOC"),
    ("danh mục dữ liệu dùng chung", "the catalogue of shared data"),
    ("bản đồ ngập đô thị", "the urban flood map"),
    ("quy hoạch ngầm đô thị dạng số", "the digital underground plan"),
    ("thí điểm điều khiển đèn giao thông", "the traffic light pilot"),
    ("quy trình xử lý phản ánh hiện trường", "handling of citizen reports"),
    ("trạm đo mặn tự động", "automatic salinity gauges"),
    ("cổng dịch vụ công trực tuyến", "the online service portal"),
    ("số hóa kết quả giải quyết thủ tục", "digitised case results"),
    ("trục liên thông văn bản", "the document exchange"),
    ("hồ sơ cấp độ an toàn thông tin", "security level files"),
    ("diễn tập ứng cứu sự cố mạng", "the incident drill"),
    ("hạ tầng mạng của các xã, phường", "networks of the communes"),
    ("bộ chỉ tiêu điều hành", "the set of indicators"),
    ("cơ sở dữ liệu đất đai", "the land database"),
    ("giám sát chất lượng không khí", "air quality monitoring"),
    ("quản lý chiếu sáng công cộng", "public lighting"),
    ("bãi đỗ xe thông minh", "smart parking"),
    ("hồ sơ sức khỏe điện tử", "electronic health records"),
    ("học bạ số", "digital school records"),
    ("đào tạo kỹ năng số cho cán bộ", "digital skills of officials"),
    ("tổ công nghệ số cộng đồng", "community digital teams"),
    ("cảnh báo triều cường", "high tide warnings"),
    ("thông tin du lịch số", "digital tourism information"),
)
DO = (
    ("Rà soát", "Review"),
    ("Hoàn thiện", "Complete"),
    ("Triển khai", "Carry out"),
    ("Đánh giá", "Evaluate"),
    ("Xây dựng kế hoạch", "Plan"),
    ("Báo cáo kết quả", "Report on"),
    ("Mở rộng", "Extend"),
    ("Nghiệm thu", "Accept"),
)
# Days overdue: nine within 30, four within 60, three within 120, two beyond.
AGES = (131, 9, 41, 24, 76, 3, 17, 124, 34, 5, 63, 12, 48, 27, 21, 102, 29, 57)
LEADS = "bagdbaecbgacbfdagbec"  # who leads, task by task
