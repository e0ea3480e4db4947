"""The directives of the test cities."""

from datetime import date, datetime, timedelta

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Document, ProgressReport, Register, Task


def register(now: datetime) -> Register:
    """An official document without reports, and a simulated one with two tasks."""
    official = Document(
        "ubnd-2322-2023",
        "2322/UBND-KGVX",
        LocalizedText("Triển khai ICT phát triển đô thị thông minh"),
        "công văn",
        "ubnd",
        None,
        date(2023, 6, 30),
        (Task("t1", LocalizedText("Tham mưu triển khai"), "mp-a", date(2023, 6, 30)),),
    )
    report = ProgressReport(now - timedelta(days=3), 62.0, LocalizedText("đã họp"))
    tasks = (
        Task(
            "m1",
            LocalizedText("Kết nối dữ liệu camera với IOC"),
            "mp-a",
            date(2026, 1, 5),
            date(2026, 10, 31),
            reports=(report,),
        ),
        Task("m2", LocalizedText("Số hóa quy hoạch ngầm đô thị"), "mp-b", date(2026, 1, 5), date(2026, 12, 31)),
    )
    simulated = Document(
        "mp-15-2026",
        "15/MP-UBND",
        LocalizedText("Triển khai ICT đô thị thông minh và IOC"),
        "công văn",
        "mp-a",
        date(2026, 1, 5),
        date(2026, 1, 6),
        tasks,
        is_simulated=True,
    )
    agencies = {
        key: Agency(
            key, LocalizedText(f"Cơ quan {name} (mô phỏng)"), LocalizedText(f"Cơ quan {name}"), is_simulated=True
        )
        for key, name in (("mp-a", "A"), ("mp-b", "B"))
    }
    agencies["ubnd"] = Agency(
        "ubnd", LocalizedText("Ủy ban nhân dân thành phố Cần Thơ"), LocalizedText("UBND thành phố")
    )
    return Register((official, simulated), agencies)
