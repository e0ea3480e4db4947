"""What the simulated documents are: their numbers, how many tasks of each kind, how far behind, and words for tasks."""

from typing import NamedTuple


class DirectivePlan(NamedTuple):
    """A document to make. Numbers of tasks by kind; `lag` and `late_lag`: points behind plan, in time and overdue."""

    number: str
    kind: str
    title: tuple[str, str]
    done_on_time: int
    done_late: int
    running: int
    overdue: int
    without_due_date: int
    never_reported: int  # never reported
    lag: float = 0.0
    overdue_lag: float = 30.0
    parents: tuple[str, ...] = ()


DIRECTIVE_PLANS = (
    DirectivePlan(
        "15/MP-UBND",
        "công văn",
        ("Triển khai ICT đô thị thông minh và IOC", "ICT for the smart city and the IOC"),
        5,
        1,
        2,
        2,
        2,
        0,
        14,
        32,
        ("08/MP-BCĐ", "03/MP-QĐ"),
    ),
    DirectivePlan(
        "08/MP-BCĐ",
        "công văn",
        ("Hướng dẫn ICT đô thị thông minh và IOC tại địa phương", "ICT guidance"),
        7,
        0,
        1,
        0,
        1,
        0,
        -3,
    ),
    DirectivePlan(
        "03/MP-QĐ",
        "quyết định",
        ("Đề án đô thị thông minh bền vững", "Sustainable smart city programme"),
        14,
        1,
        1,
        4,
        1,
        0,
        20,
        78,
    ),
    DirectivePlan(
        "21/MP-QĐ",
        "quyết định",
        ("Chương trình chuyển đổi số", "Digital transformation programme"),
        7,
        2,
        5,
        3,
        1,
        1,
        3,
        22,
        ("03/MP-QĐ",),
    ),
    DirectivePlan(
        "34/MP-KH",
        "kế hoạch",
        ("Dữ liệu dùng chung và kết nối, chia sẻ", "Shared data and exchange"),
        6,
        1,
        9,
        3,
        0,
        2,
        5,
        26,
        ("21/MP-QĐ",),
    ),
    DirectivePlan(
        "40/MP-KH",
        "kế hoạch",
        ("Hạ tầng số cấp xã", "Digital infrastructure of communes"),
        3,
        0,
        14,
        2,
        2,
        3,
        -1,
        24,
        ("21/MP-QĐ",),
    ),
    DirectivePlan(
        "07/MP-QC", "quy chế", ("Quy chế vận hành IOC", "Rules of operation of the IOC"), 2, 0, 4, 0, 6, 0, 2
    ),
    DirectivePlan(
        "26/MP-NĐ",
        "quy định",
        ("Tiêu chí mức độ trưởng thành đô thị thông minh", "Smart city maturity criteria"),
        1,
        0,
        3,
        0,
        2,
        3,
        1,
    ),
    DirectivePlan(
        "11/MP-CT",
        "chỉ thị",
        ("Giảm ùn tắc giao thông giờ cao điểm", "Less congestion at rush hours"),
        4,
        1,
        1,
        1,
        0,
        0,
        4,
        24,
    ),
    DirectivePlan(
        "12/MP-KH",
        "kế hoạch",
        ("Ứng phó triều cường và ngập đô thị", "High tides and urban flooding"),
        4,
        1,
        2,
        1,
        0,
        0,
        3,
        18,
    ),
    DirectivePlan(
        "18/MP-TB",
        "thông báo kết luận",
        ("Kết luận phiên họp về cải cách hành chính", "Administrative reform"),
        4,
        0,
        0,
        1,
        0,
        0,
        0,
        40,
    ),
    DirectivePlan("19/MP-CV", "công văn", ("Số hóa hồ sơ lưu trữ", "Digitising archives"), 3, 1, 1, 0, 0, 0, 4),
    DirectivePlan("22/MP-KH", "kế hoạch", ("Du lịch thông minh", "Smart tourism"), 2, 1, 1, 0, 0, 0, -2),
    DirectivePlan(
        "23/MP-CT",
        "chỉ thị",
        ("An toàn thông tin hệ thống cấp độ 3", "Security of level 3 systems"),
        3,
        0,
        0,
        1,
        0,
        0,
        0,
        20,
    ),
    DirectivePlan("27/MP-KH", "kế hoạch", ("Y tế số", "Digital health"), 3, 1, 1, 0, 0, 0, 6),
    DirectivePlan("29/MP-KH", "kế hoạch", ("Giáo dục số", "Digital education"), 3, 1, 1, 0, 0, 0, 1),
    DirectivePlan(
        "31/MP-TB",
        "thông báo kết luận",
        ("Kết luận giao ban tháng", "Conclusions of the monthly meeting"),
        3,
        0,
        1,
        0,
        0,
        0,
        -4,
    ),
    DirectivePlan(
        "36/MP-CV",
        "công văn",
        ("Rà soát sau sắp xếp đơn vị hành chính", "Review after the reorganisation"),
        2,
        1,
        1,
        0,
        0,
        0,
        2,
    ),
    DirectivePlan(
        "42/MP-CV", "công văn", ("Chuẩn bị kế hoạch năm sau", "Preparing next year's plan"), 0, 0, 0, 0, 0, 2
    ),
    DirectivePlan("44/MP-CT", "chỉ thị", ("Phòng chống hạn mặn", "Against drought and salinity"), 0, 0, 0, 0, 0, 2),
)

TASK_SUBJECTS = (
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
TASK_VERBS = (
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
OVERDUE_DAYS = (131, 9, 41, 24, 76, 3, 17, 124, 34, 5, 63, 12, 48, 27, 21, 102, 29, 57)
LEAD_AGENCIES = "bagdbaecbgacbfdagbec"  # who leads, task by task
