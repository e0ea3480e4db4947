"""Headlines of a fictitious newspaper about the city, about ten a day."""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple

from simulator.noise import DAY, ZONE, day_of, random_for
from simulator.series_model import SeriesModel

FEED_LENGTH = 30  # items of the feed
ITEM_TTL = 72 * 3600.0  # seconds; age limit of an item, as in the row of sources.yaml
PUBLISHER, SITE = "Báo điện tử mô phỏng", "https://bao.mo-phong.example"
_TOPICS: dict[str, tuple[str, ...]] = {
    "ngap": (
        "Triều cường gây ngập nhiều tuyến đường ven sông trong giờ tan tầm",
        "Người dân kê cao đồ đạc chờ con nước cuối tháng: ngập úng giảm so với năm trước",
    ),
    "giao-thong": (
        "Ùn tắc kéo dài ở cửa ngõ thành phố, lực lượng chức năng phân luồng",
        "Thêm tuyến xe buýt kết nối khu công nghiệp với trung tâm",
        "Kẹt xe trước cổng trường giờ đón học sinh, phụ huynh kiến nghị đổi giờ",
    ),
    "dich-vu": (
        "Nhiều xã, phường trả kết quả hồ sơ trước hạn",
        "Nộp hồ sơ trực tuyến: người dân cần được hướng dẫn thêm",
        "Phản ánh hiện trường: đèn đường hỏng được sửa trong hai ngày",
    ),
    "kinh-te": (
        "Giải ngân đầu tư công tăng tốc trong quý cuối năm",
        "Vườn cây ăn trái vào vụ, nhà vườn liên kết tiêu thụ qua sàn điện tử",
        "Chợ nổi đón lượng khách tăng dịp cuối tuần",
    ),
    "doi-song": (
        "Ngày hội sách thiếu nhi thu hút hàng nghìn lượt bạn đọc",
        "Các trạm y tế tăng cường tiêm nhắc cho trẻ em",
        "Mùa nước nổi, lớp học bơi miễn phí mở ở nhiều xã",
        "Trồng thêm cây xanh trên các tuyến đường mới",
    ),
}
_WEIGHTS = (2, 3, 3, 3, 4)


class NewsItem(NamedTuple):
    """A news item. `day`: local day number; `number`: within the day; `sent`: seconds since 1970."""

    day: int
    number: int
    sent: float
    topic: str
    title: str


@lru_cache(maxsize=1024)
def _items_of_day(seed: int, day: int) -> tuple[NewsItem, ...]:
    draw = random_for(seed, "news", day)
    published = []
    for n in range(draw.randint(8, 12)):
        topic = draw.choices(tuple(_TOPICS), _WEIGHTS)[0]
        sent = day * DAY - ZONE + draw.randint(330, 1350) * 60
        published.append(NewsItem(day, n, sent, topic, draw.choice(_TOPICS[topic])))
    return tuple(published)


def _published(seed: int, t: float, within: float) -> Iterator[NewsItem]:
    for day in range(day_of(t - within), day_of(t) + 1):
        yield from (item for item in _items_of_day(seed, day) if t - within < item.sent <= t)


def items(seed: int, t: float) -> list[NewsItem]:
    """The items of the feed at `t`, the newest first."""
    return sorted(_published(seed, t, 5 * DAY), key=lambda item: -item.sent)[:FEED_LENGTH]


def _count_of_day(topic: str, seed: int, t: float) -> float:
    return sum(item.topic == topic or not topic for item in _published(seed, t, DAY))


def series_models() -> dict[str, SeriesModel]:
    """The series that are counted over the items."""
    models: dict[str, Callable[[int, float], float]] = {
        "news-day": partial(_count_of_day, ""),
        "news-flood-day": partial(_count_of_day, "ngap"),
        "news-traffic-day": partial(_count_of_day, "giao-thong"),
    }
    return {key: SeriesModel(model, 0, "tin") for key, model in models.items()}
