"""Makes config/cantho/map/: a schematic of the city from facts, never its official boundaries.

The cells are the Voronoi cells of the 103 centre points of units.yaml, cut to an outline of some seventy points; the
outline, the rivers and the coast below were read off by eye to a hundredth of a degree (about 1 km).
Run from the repository's root: python scripts/schematic.py
"""

import json
from collections.abc import Iterable
from math import cos, hypot, radians
from pathlib import Path

import yaml

Point = tuple[float, float]
Ring = list[Point]

FOLDER = Path("config/cantho/map")
NOTE = "sơ đồ minh họa, không thể hiện địa giới chính thức"
SQUEEZE = cos(radians(9.8))  # a degree of longitude in degrees of latitude, at the city

OUTLINE: Ring = [
    (105.49, 10.32), (105.52, 10.30), (105.55, 10.29), (105.58, 10.26), (105.61, 10.23), (105.63, 10.19),
    (105.66, 10.15), (105.70, 10.13), (105.73, 10.10), (105.76, 10.09), (105.79, 10.07), (105.81, 10.04),
    (105.82, 10.01), (105.85, 9.97), (105.90, 9.94), (105.93, 9.93), (105.97, 9.90), (106.00, 9.85),
    (106.04, 9.81), (106.08, 9.77), (106.11, 9.76), (106.16, 9.70), (106.21, 9.65), (106.25, 9.61),
    (106.29, 9.59), (106.29, 9.55), (106.27, 9.51), (106.24, 9.49), (106.21, 9.50), (106.20, 9.45),
    (106.17, 9.42), (106.19, 9.41), (106.18, 9.37), (106.13, 9.33), (106.08, 9.32), (106.00, 9.30),
    (105.92, 9.28), (105.83, 9.24), (105.82, 9.34), (105.86, 9.36), (105.84, 9.40), (105.81, 9.37),
    (105.77, 9.41), (105.69, 9.38), (105.64, 9.39), (105.62, 9.42), (105.58, 9.41), (105.55, 9.45),
    (105.55, 9.57), (105.53, 9.59), (105.38, 9.59), (105.38, 9.62), (105.41, 9.65), (105.34, 9.68),
    (105.33, 9.70), (105.37, 9.73), (105.41, 9.76), (105.44, 9.79), (105.43, 9.82), (105.51, 9.85),
    (105.54, 9.91), (105.36, 10.08), (105.35, 10.10), (105.31, 10.14), (105.23, 10.20), (105.26, 10.24),
    (105.30, 10.28), (105.34, 10.23), (105.44, 10.27), (105.43, 10.30), (105.48, 10.31),
]  # fmt: skip

# Middle lines, each point with the width of the water there in km.
HAU = [
    (105.41, 10.43, 1.0), (105.43, 10.40, 1.0), (105.46, 10.36, 1.0), (105.49, 10.33, 1.1), (105.53, 10.28, 0.9),
    (105.57, 10.24, 0.9), (105.62, 10.19, 1.1), (105.66, 10.15, 1.1), (105.70, 10.12, 1.1), (105.76, 10.09, 1.3),
    (105.79, 10.07, 1.3), (105.82, 10.01, 1.2), (105.86, 9.97, 1.1), (105.91, 9.93, 1.1), (105.95, 9.89, 1.2),
    (106.00, 9.86, 1.6), (106.05, 9.80, 1.8), (106.08, 9.77, 1.8), (106.13, 9.73, 1.6), (106.16, 9.70, 1.8),
    (106.22, 9.64, 2.2), (106.28, 9.60, 2.8), (106.36, 9.55, 3.6),
]  # fmt: skip
TRAN_DE = [
    (106.07, 9.77, 1.2), (106.09, 9.72, 1.4), (106.13, 9.65, 1.5), (106.18, 9.59, 1.8), (106.22, 9.50, 2.4),
    (106.24, 9.46, 3.0),
]  # fmt: skip
CAN_THO = [
    (105.80, 10.04, 0.3), (105.78, 10.02, 0.25), (105.77, 10.01, 0.25), (105.74, 10.00, 0.22), (105.70, 9.99, 0.2),
    (105.67, 9.99, 0.2), (105.65, 10.01, 0.18), (105.63, 10.01, 0.15),
]  # fmt: skip
# The sea, and the coast of the neighbours on both sides of the city's.
COAST_EAST: Ring = [
    (106.30, 9.59), (106.37, 9.53), (106.45, 9.53), (106.52, 9.58), (106.56, 9.64), (106.58, 9.70), (106.52, 9.78),
    (106.52, 9.82), (106.57, 9.85), (106.66, 9.75), (106.72, 9.95), (106.78, 10.10), (106.80, 10.30), (107.00, 10.38),
    (107.08, 10.34), (107.50, 10.50), (108.50, 11.00), (110.00, 11.50),
]  # fmt: skip
COAST_WEST: Ring = [
    (105.76, 9.21), (105.66, 9.17), (105.57, 9.13), (105.50, 9.10), (105.44, 9.05), (105.30, 8.90), (104.90, 8.62),
    (104.72, 8.58),
]  # fmt: skip
FAR: Ring = [(104.00, 8.20), (104.00, 6.00), (110.00, 6.00)]

# The places that the overview names: enough to find one's way, few enough never to collide.
NAMED = ("Ninh Kiều", "Thốt Nốt", "Ô Môn", "Vĩnh Thạnh", "Vị Thanh", "Ngã Bảy", "Long Mỹ", "Sóc Trăng", "Ngã Năm",
         "Vĩnh Châu", "Trần Đề", "Kế Sách")  # fmt: skip


def halved(ring: Ring, a: float, b: float, c: float) -> list[Ring]:
    """The parts of a simple `ring` where a·x + b·y <= c; a concave ring may fall into several."""
    side = [a * x + b * y - c for x, y in ring]
    if all(s <= 0 for s in side):
        return [ring]
    if all(s > 0 for s in side):
        return []
    chains = _chains(ring, side)
    return _closed(chains, (-b, a))


def _chains(ring: Ring, side: list[float]) -> list[Ring]:
    """The runs of `ring` on the near side, each from where it crosses the line in to where it crosses it out."""
    start = next(i for i in range(len(ring)) if side[i - 1] > 0 >= side[i])
    ring, side = ring[start:] + ring[:start], side[start:] + side[:start]
    chains: list[Ring] = []
    for i, here in enumerate(ring):
        before, out, was_out = ring[i - 1], side[i] > 0, side[i - 1] > 0
        if out != was_out:
            share = side[i - 1] / (side[i - 1] - side[i])
            crossing = (before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1]))
            if out:
                chains[-1].append(crossing)
            else:
                chains.append([crossing])
        if not out:
            chains[-1].append(here)
    return chains


def _closed(chains: list[Ring], along: Point) -> list[Ring]:
    """Rings made of chains: crossings lie in pairs along the line, and each pair is an edge of the cut."""
    ends = sorted(
        (
            (p[0] * along[0] + p[1] * along[1], k, end)
            for k, ch in enumerate(chains)
            for end, p in enumerate((ch[0], ch[-1]))
        )
    )
    partner: dict[int, int] = {}
    for low, high in zip(ends[::2], ends[1::2], strict=True):
        leaving, entering = (low, high) if low[2] else (high, low)
        partner[leaving[1]] = entering[1]
    rings, left = [], set(partner)
    while left:
        k, ring = min(left), []
        while k in left:
            left.remove(k)
            ring += chains[k]
            k = partner[k]
        rings.append(ring)
    return rings


def area(ring: Ring) -> float:
    """In square degrees of latitude, positive whichever way the ring turns."""
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2 * SQUEEZE


def holds(ring: Ring, point: Point) -> bool:
    """Whether `point` lies inside `ring`."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def cell(centre: Point, others: Iterable[Point]) -> list[Ring]:
    """The part of the outline that is nearer to `centre` than to any other: the piece around it stands first."""
    rings = [OUTLINE]
    for other in others:
        a, b = (other[0] - centre[0]) * SQUEEZE**2, other[1] - centre[1]
        c = (a * (other[0] + centre[0]) + b * (other[1] + centre[1])) / 2
        rings = [part for ring in rings for part in halved(ring, a, b, c)]
    return sorted(rings, key=lambda ring: not holds(ring, centre))


def ribbon(line: list[tuple[float, float, float]]) -> Ring:
    """The water's surface around a middle line."""
    left, right = [], []
    for i, (x, y, width) in enumerate(line):
        (ax, ay, _), (bx, by, _) = line[max(i - 1, 0)], line[min(i + 1, len(line) - 1)]
        dx, dy = (bx - ax) * SQUEEZE, by - ay
        reach = width / 2 / 111.2 / hypot(dx, dy)
        left.append((x - dy * reach / SQUEEZE, y + dx * reach))
        right.append((x + dy * reach / SQUEEZE, y - dx * reach))
    return left + right[::-1]


def sea() -> Ring:
    """From the city's own shore out to the frame."""
    shore = OUTLINE[OUTLINE.index((106.29, 9.59)) : OUTLINE.index((105.83, 9.24)) + 1]
    return [*shore, *COAST_WEST, *FAR, *reversed(COAST_EAST)]


def feature(geometry: str, coordinates: object, **properties: object) -> dict[str, object]:
    """One GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": {"type": geometry, "coordinates": coordinates}}


def _ring(ring: Ring) -> list[list[float]]:
    return [[round(x, 4), round(y, 4)] for x, y in [*ring, ring[0]]]


def layers(units: list[dict[str, object]]) -> dict[str, list[dict[str, object]]]:
    """Name of a file -> its features."""
    centres = {str(u["code"]): (float(str(u["lon"])), float(str(u["lat"]))) for u in units}
    cells = []
    for unit in units:
        here = centres[str(unit["code"])]
        rings = cell(here, (c for code, c in centres.items() if code != unit["code"]))
        cells.append(feature("MultiPolygon", [[_ring(r)] for r in rings], code=unit["code"], name=unit["name"]))
    rivers = (("Sông Hậu", HAU), ("Nhánh Trần Đề", TRAN_DE), ("Sông Cần Thơ", CAN_THO))
    named = [u for name in NAMED for u in units if u["name"] == name]
    return {
        "units": cells,
        "outline": [feature("Polygon", [_ring(OUTLINE)], name="Cần Thơ")],
        "water": [feature("Polygon", [_ring(ribbon(line))], name=name) for name, line in rivers],
        "context_sea": [feature("Polygon", [_ring(sea())], code="sea", name="Biển Đông")],
        "places": [feature("Point", [u["lon"], u["lat"]], name=u["name"], rank=1) for u in named],
    }


def main() -> None:
    """Writes the folder anew."""
    units = yaml.safe_load(Path("config/cantho/units.yaml").read_text("utf-8"))["units"]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, features in layers(units).items():
        body = {"type": "FeatureCollection", "name": name, "schematic": True, "note": NOTE, "features": features}
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        (FOLDER / f"{name}.geojson").write_text(
            text.replace('{"type":"Feature"', '\n{"type":"Feature"') + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
