"""The simulated documents that people work in, with the life of their tasks."""

from ioc.domain.directives.acts import Act, Cause, CompletionResult, ReminderChannel, ReturnKind
from ioc.domain.directives.directive import OrderSource
from simulator.positions import SPHERES, position_key
from simulator.task_life import DocumentLife, DraftLife, Step, TaskLife, received, report, step, submitted

_CT, _PCT, _VP, _TD = "chu-tich", "pho-chu-tich", "lanh-dao-vp", "theo-doi"
_TO_CHAIRMAN, _TO_DEPUTY = position_key(_CT), position_key(_PCT)

_SMART_CITY = DocumentLife(
    "51/MP-UBND", "công văn", ("Triển khai đô thị thông minh và IOC", "The smart city and the IOC"),
    OrderSource.PEOPLES_COMMITTEE, SPHERES[0], -124,
    (
        TaskLife(
            "nv-1", "Kết nối dữ liệu camera với IOC", "mp-d", -90, -25,
            (
                step(-90, _CT, Act.STAR), *received("d", -88),
                report("d", -60, "Đã khảo sát 160 điểm lắp đặt, dự thảo phương án kết nối.", 20, stage="draft"),
                step(
                    -30, "lanh-dao-d", Act.REQUEST_EXTENSION, due=-8, cause=Cause.OBJECTIVE,
                    text="Chờ thẩm định kinh phí kết nối.",
                ),
                step(
                    -28, _CT, Act.DECIDE_EXTENSION, Act.REQUEST_EXTENSION, is_granted=True, basis="61/MP-TB",
                ),
                report(
                    "d", -6, "40 camera đã có hình tại IOC.", 40, stage="consultation",
                    difficulties="Dự toán năm nay chưa có mục này.", next_steps="Nối tiếp 60 camera hiện có.",
                    petition="Bố trí kinh phí kết nối 120 camera về IOC; đề nghị giao Cơ quan E thẩm định bổ sung.",
                    petition_to=_TO_CHAIRMAN,
                ),
                step(-4, _TD, Act.REMIND, channel=ReminderChannel.SYSTEM, text="Nhiệm vụ quá hạn 4 ngày."),
                step(-3, _CT, Act.REQUEST_EXPLANATION, text="Giải trình việc chậm kết nối camera."),
                step(
                    -1, "lanh-dao-d", Act.ANSWER_EXPLANATION, Act.REQUEST_EXPLANATION,
                    text="Chờ thẩm định kinh phí; phương án tạm: nối 40 camera hiện có trước.",
                ),
            ),
            ("mp-b", "mp-e"), "Hệ thống kết nối, 160 camera",
        ),
        TaskLife(
            "nv-2", "Đánh giá thí điểm điều khiển đèn giao thông", "mp-b", -120, -60,
            (
                *received("b", -119),
                step(-65, "lanh-dao-b", Act.REQUEST_EXTENSION, due=-30, cause=Cause.OBJECTIVE, text="Chờ thiết bị."),
                step(-63, _PCT, Act.DECIDE_EXTENSION, Act.REQUEST_EXTENSION, is_granted=True),
                step(-33, "lanh-dao-b", Act.REQUEST_EXTENSION, due=3, cause=Cause.SUBJECTIVE, text="Chậm đo đếm."),
                step(-31, _PCT, Act.DECIDE_EXTENSION, Act.REQUEST_EXTENSION, is_granted=True),
                report("b", -10, "Đã đo đếm tại 6 trên 9 nút.", 40, stage="consultation"),
                step(
                    -2, "lanh-dao-b", Act.REQUEST_EXTENSION, due=40, cause=Cause.SUBJECTIVE,
                    text="Cần thêm một chu kỳ đo vào giờ cao điểm.",
                ),
            ),
            ("mp-c",), "Báo cáo đánh giá",
        ),
        TaskLife(
            "nv-3", "Lấy ý kiến người dân về danh mục dịch vụ", "mp-g", -70, 4,
            (
                *received("g", -69), report("g", -20, "Đã mở cổng góp ý, 214 ý kiến.", 60, stage="appraisal"),
                submitted("g", -1, "412/BC-G"),
                step(-1, _TD, Act.PROPOSE, proposed=Act.CONFIRM_COMPLETION, text="Đủ hồ sơ, đề xuất xác nhận."),
            ),
            product="Báo cáo tổng hợp ý kiến",
        ),
        TaskLife(
            "nv-4", "Hoàn thiện quản lý chiếu sáng công cộng", "mp-b", -100, 6,
            (
                step(-99, _PCT, Act.STAR), *received("b", -98),
                report("b", -30, "Đã lắp bộ điều khiển tại 3 tuyến.", 60, stage="appraisal"),
                submitted("b", -2, "88/BC-B"),
            ),
            ("mp-c",), "Quy chế vận hành chiếu sáng",
        ),
        TaskLife(
            "nv-5", "Cập nhật bản đồ ngập đô thị", "mp-c", -95, -31,
            (
                *received("c", -90, "Phòng Kỹ thuật"),
                report("c", -45, "Đã số hóa 70 điểm ngập.", 20, stage="draft"),
                step(
                    -3, _TD, Act.REMIND, channel=ReminderChannel.WRITTEN, document_number="15/MP-VP", document_date=-3
                ),
                step(-2, _CT, Act.REQUEST_EXPLANATION, text="Giải trình việc chậm 29 ngày."),
            ),
            product="Bản đồ ngập",
        ),
    ),
)  # fmt: skip

_DATA_PLAN = DocumentLife(
    "52/MP-KH", "kế hoạch", ("Dữ liệu dùng chung và dịch vụ số", "Shared data and digital services"),
    OrderSource.CHAIRMAN, SPHERES[1], -82,
    (
        TaskLife(
            "nv-1", "Chuẩn hóa danh mục dữ liệu dùng chung", "mp-c", -60, 4,
            (
                *received("c", -58),
                report("c", -12, "Đã thống nhất 42 danh mục.", 60, stage="appraisal"),
                step(
                    -9, "lanh-dao-c", Act.REQUEST_COORDINATION, agency="mp-e", due=-2,
                    text="Góp ý danh mục số 7 và số 9.",
                ),
            ),
            ("mp-e",), "Danh mục dữ liệu dùng chung",
        ),
        TaskLife("nv-2", "Số hóa hồ sơ lưu trữ", "mp-c", -2, 45, product="Kho hồ sơ số"),
        TaskLife(
            "nv-3", "Kết nối trục liên thông văn bản", "mp-c", -3, 60,
            (
                step(
                    -1, "lanh-dao-c", Act.REQUEST_ADJUSTMENT, agency="mp-e",
                    text="Nội dung thuộc chức năng của Cơ quan E: đề nghị đổi cơ quan chủ trì.",
                ),
            ),
        ),
        TaskLife(
            "nv-4", "Hoàn thiện hồ sơ cấp độ an toàn thông tin", "mp-e", -50, 18,
            (
                *received("e", -48), report("e", -15, "Đã phân loại 12 hệ thống.", 40, stage="consultation"),
                step(
                    -4, "lanh-dao-e", Act.REQUEST_COORDINATION, agency="mp-c", due=3,
                    text="Góp ý hồ sơ của 3 hệ thống.",
                ),
            ),
            ("mp-c",), "Hồ sơ đề xuất cấp độ",
        ),
        TaskLife(
            "nv-5", "Đào tạo kỹ năng số cho cán bộ", "mp-c", -75, 12,
            (
                *received("c", -73), report("c", -40, "Đã mở 8 lớp.", 60, stage="appraisal"),
                submitted("c", -20, "120/BC-C"),
                step(
                    -17, _VP, Act.RETURN_COMPLETION, return_kind=ReturnKind.MISSING_DOCUMENTS,
                    text="Thiếu danh sách học viên và kết quả kiểm tra.",
                ),
                report("c", -5, "Đang bổ sung danh sách học viên.", 80, stage="submission"),
            ),
        ),
        TaskLife(
            "nv-6", "Nâng cấp cổng dịch vụ công trực tuyến", "mp-c", -80, -10,
            (
                *received("c", -79), submitted("c", -15, "98/BC-C"),
                step(-12, _VP, Act.CONFIRM_COMPLETION, completed_on=-16, result=CompletionResult.ACHIEVED),
            ),
        ),
        TaskLife(
            "nv-7", "Triển khai học bạ số", "mp-f", -80, -30,
            (
                *received("f", -78), submitted("f", -22, "77/BC-F"),
                step(-20, _VP, Act.CONFIRM_COMPLETION, result=CompletionResult.PARTLY_ACHIEVED),
                step(-5, _CT, Act.CONTINUE, text="Mở rộng cho khối trung học phổ thông.", basis="66/MP-TB", due=30),
            ),
        ),
        TaskLife(
            "nv-8", "Mở rộng bãi đỗ xe thông minh", "mp-b", -70, 25,
            (
                *received("b", -69),
                step(-40, _VP, Act.PAUSE, basis="58/MP-TB", until=-3, text="Chờ giải phóng mặt bằng."),
            ),
        ),
        TaskLife(
            "nv-9", "Nghiệm thu tổ công nghệ số cộng đồng", "mp-g", -70, -5,
            (*received("g", -69), step(-35, _VP, Act.WITHDRAW, basis="59/MP-QĐ")),
        ),
        TaskLife(
            "nv-10", "Xây dựng hồ sơ sức khỏe điện tử", "mp-f", -80, -28,
            (
                *received("f", -79), submitted("f", -34, "61/BC-F"),
                step(-32, _VP, Act.CONFIRM_COMPLETION, result=CompletionResult.ACHIEVED, effect_on=-1),
            ),
        ),
        TaskLife(
            "nv-11", "Rà soát bộ chỉ tiêu điều hành", "mp-c", -66, -9,
            (*received("c", -65), step(-2, _TD, Act.PROPOSE, proposed=Act.REMIND, text="Quá hạn, chưa báo cáo.")),
        ),
    ),
    "51/MP-UBND",
)  # fmt: skip


def _commune(letter: str, due: int, *steps: Step) -> TaskLife:
    title = f"Cập nhật điểm ngập của xã {letter.upper()}"
    return TaskLife(f"nv-1-{letter}", title, f"mp-xa-{letter}", -25, due, steps, part_of="nv-1")


_FLOODS = DocumentLife(
    "53/MP-CT", "chỉ thị", ("Ứng phó triều cường và ngập đô thị", "High tides and urban flooding"),
    OrderSource.CHAIRMAN, SPHERES[2], -27,
    (
        TaskLife(
            "nv-1", "Ủy ban nhân dân các xã cập nhật điểm ngập", "mp-c", -25, 20,
            (step(-25, "lanh-dao-c", Act.RECEIVE),), is_order=True, product="Danh sách điểm ngập",
        ),
        _commune("a", 6, *received("xa-a", -22), report("xa-a", -8, "Đã ghi nhận 12 điểm ngập.", 60)),
        _commune("b", 6),
        _commune("c", 6, *received("xa-c", -22), submitted("xa-c", -3, "19/BC-XC")),
        _commune(
            "d", 6, *received("xa-d", -22), submitted("xa-d", -9, "23/BC-XD"),
            step(-7, "lanh-dao-c", Act.CONFIRM_COMPLETION),
        ),
        _commune("e", -4, *received("xa-e", -18)),
        _commune("f", 20, *received("xa-f", -22), report("xa-f", -6, "Đã ghi nhận 4 điểm ngập.", 40)),
        TaskLife(
            "nv-2", "Trực cảnh báo triều cường mùa nước nổi", "mp-c", -25, None,
            (*received("c", -24), report("c", -7, "Đã bố trí trực 24/24 giờ.", 60, stage="appraisal")),
        ),
        TaskLife(
            "nv-3", "Kiểm tra các trạm bơm trên địa bàn xã A", "mp-xa-a", -4, 9, product="Biên bản kiểm tra",
        ),
    ),
)  # fmt: skip

_MEETING = DocumentLife(
    "54/MP-TB", "thông báo kết luận", ("Kết luận giao ban tháng", "Conclusions of the monthly meeting"),
    OrderSource.VICE_CHAIRMAN, SPHERES[0], -42,
    (
        TaskLife(
            "nv-1", "Thống nhất chuẩn dữ liệu địa chính", "mp-b", -40, 15,
            (
                *received("b", -39),
                report(
                    "b", -4, "Hai cơ quan còn khác nhau về mã thửa.", 20, stage="draft", petition_to=_TO_DEPUTY,
                    petition="Chọn một chuẩn mã thửa dùng chung cho hai cơ quan.",
                ),
                report(
                    "b", -3, "Đã họp với Cơ quan C.", 20, stage="draft", petition="Cho ý kiến về lớp dữ liệu ngập.",
                    petition_to=_TO_DEPUTY,
                ),
                step(-2, _PCT, Act.FORWARD_PETITION, Act.REPORT, agency="mp-c"),
            ),
            ("mp-c",),
        ),
        TaskLife(
            "nv-2", "Rà soát bãi đỗ xe trên các tuyến trung tâm", "mp-d", -40, 2,
            (*received("d", -38), report("d", -6, "Đã rà soát 11 tuyến.", 80, stage="submission")),
        ),
    ),
    "51/MP-UBND",
)  # fmt: skip

_BEFORE_MERGER = DocumentLife(
    "05/MP-UBND", "công văn", ("Nền tảng số trước sắp xếp cơ quan", "Digital platforms before the reorganisation"),
    OrderSource.PEOPLES_COMMITTEE, SPHERES[1], -530,
    (
        TaskLife(
            "nv-1", "Duy trì nền tảng quản trị số", "mp-h", -528, None,
            (step(-300, "lanh-dao-g", Act.RECEIVE), report("g", -30, "Đã chuyển dữ liệu sang hệ thống mới.", 60)),
        ),
        TaskLife(
            "nv-2", "Bàn giao kho dữ liệu chuyên ngành", "mp-k", -528, None,
            (
                step(-60, _VP, Act.TRANSFER, agency="mp-d", basis="Biên bản bàn giao mô phỏng"),
                step(-58, "lanh-dao-d", Act.RECEIVE),
            ),
        ),
    ),
)  # fmt: skip

_NEW = DocumentLife(
    "55/MP-KH", "kế hoạch", ("Vận hành trạm bơm mùa triều cường", "Pumping stations in the season of high tides"),
    OrderSource.CHAIRMAN, SPHERES[2], -3,
    (
        TaskLife("nv-1", "Kiểm tra các trạm bơm trước đỉnh triều", "mp-c", -1, 12, place="31135", horizon="short"),
        TaskLife("nv-2", "Lập kế hoạch thay thế máy bơm cũ", "mp-c", -1, 90, coordinating=("mp-e",), horizon="long"),
        TaskLife("nv-3", "Bố trí lực lượng trực tại các điểm ngập", "mp-b", -1, 10, place="31120", horizon="short"),
    ),
    is_assigned=False,
)  # fmt: skip

DOCUMENTS: tuple[DocumentLife, ...] = (_BEFORE_MERGER, _SMART_CITY, _DATA_PLAN, _FLOODS, _MEETING, _NEW)


DRAFTS = (
    DraftLife(
        _PCT,
        "mp-b",
        "Kiểm tra các phản ánh hiện trường quá hạn.",
        "/chi-so/reports-overdue",
        "reports-overdue",
        "7",
        10,
    ),
    DraftLife(_PCT, "mp-c", "Rà soát thu gom rác tại các xã.", "/chi-so/waste-coverage", "waste-coverage", "86,5 %", 5),
    DraftLife(
        _CT,
        "mp-a",
        "Rà soát các điểm đào đường còn mở tại nội thị.",
        "/chi-so/roadworks-open",
        "roadworks-open",
        "12",
        7,
        returned="Đã có nhiệm vụ gần nội dung này; đề nghị cho ý kiến có giao thêm hay không.",
    ),
)

# What the briefing has collected that is open at the first start: numbers of documents, and tasks of them.
BRIEFED = (("52/MP-KH", "nv-1"), ("53/MP-CT", "nv-1"))
