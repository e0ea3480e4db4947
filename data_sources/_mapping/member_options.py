"""The options that read the members of objects with their names, as a reason writes them."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from data_sources._mapping.mapping_options import MappingOptions
from data_sources._mapping.sensor_fields import quoted
from data_sources._mapping.value_mapping import ValueMapping
from ioc.domain.base.yaml_text import in_yaml

Steps = tuple[str | None, ...]  # names of members; None: the entries of a list
_FIELDS = ("name", "member", "member_name", "member_of")  # for the name; the first that no member has


class MemberStep(NamedTuple):
    """A member, by its name, of the object that `path` leads to from the member before, or from the beginning."""

    path: Steps
    name: str


Chain = tuple[MemberStep, ...]


@dataclass
class Members:
    """The members that the items of an answer are or stand in, with the rest of the path of an item."""

    chains: dict[Chain, Steps] = field(default_factory=dict)
    needed: set[int] = field(default_factory=set)  # levels of which the names are to be read

    @property
    def depth(self) -> int:
        """How many objects are in each other."""
        return max(map(len, self.chains), default=0)

    def upto(self, depth: int) -> "Members":
        """The outer ones."""
        outer = {chain[:depth]: () for chain in self.chains}
        return Members(dict(outer), {level for level in self.needed if level < depth})

    def below(self, depth: int) -> "Members":
        """Those inside the outer ones."""
        inner = {chain[depth:]: rest for chain, rest in self.chains.items()}
        return Members(inner, {level - depth for level in self.needed if level >= depth})


def options_with_names(
    mapping: MappingOptions, outer: Members, inner: Members, taken: Collection[str], *, are_objects: bool
) -> str:
    """The options of a row with the names of members, as YAML. `outer`: of `items`; `inner`: of `each`.

    `taken`: the fields that the members have. `are_objects`: whether the items are.
    """
    name = next((one for one in _FIELDS if one not in taken), _FIELDS[0])
    if mapping.each:
        written = {"items": _read(outer, name, True), "each": _read(inner, name, are_objects)}
        names = ["parent." * (option == "items") + name for option, text in written.items() if text]
    else:
        written, names = _split(outer, name, are_objects)
    options = [f"{option}: {in_yaml(text)}" for option, text in written.items() if text]
    return ", ".join([*options, *_of_series(mapping, "".join(f"-{{{one}}}" for one in names), are_objects)])


def _split(members: Members, name: str, are_objects: bool) -> tuple[dict[str, str], list[str]]:
    """`items` and, where the names of two levels are read or items are beside each other in a member, `each`."""
    last, is_list = max(members.needed), any(None in rest for rest in members.chains.values())
    if last + 1 < members.depth:
        return _in_two(members, last + 1, name, are_objects)
    if len(members.needed) > 1 and not is_list:
        return _in_two(members, max(members.needed - {last}) + 1, name, are_objects)
    if not is_list:
        return {"items": _read(members, name, are_objects)}, [name]
    rest = next(rest for rest in members.chains.values() if None in rest)
    each = ".".join(filter(None, ("inner", text_of(rest)))).replace(".[]", "[]").removesuffix("[]")
    return {"items": _read(members.upto(members.depth), name, None), "each": each}, [f"parent.{name}"]


def _in_two(members: Members, depth: int, name: str, are_objects: bool) -> tuple[dict[str, str], list[str]]:
    outer, inner = members.upto(depth), members.below(depth)
    each = _read(inner, name, are_objects)
    names = [f"parent.{name}"] + [name] * bool(each)
    return {"items": _read(outer, name, True), "each": each or _plain(inner)}, names


def _plain(members: Members) -> str:
    """The items without the names of members."""
    chain, rest = next(iter(members.chains.items()))
    return _all_members([step.path for step in chain], rest)


def _read(members: Members, name: str, are_objects: bool | None) -> str:
    """The expression for the items with the names of the members in the field `name`; "" where none is needed.

    `are_objects`: None for members that are lists; each then is in the field `inner`.
    """
    if not members.needed:
        return ""
    paths = {tuple(step.path for step in chain) for chain in members.chains}
    rests = set(members.chains.values())
    has_list = any(None in rest for rest in rests)
    if len(paths) > 1 or len(rests) > 1 or has_list or members.needed != {members.depth - 1}:
        return f"[{', '.join(dict.fromkeys(_each_member(members, name, are_objects)))}][]"
    (path,), (rest,) = paths, rests
    if len(path) == 1 and None not in path[0]:
        pairs = f"items({text_of(path[0]) or '@'})"
    else:
        pairs = f"{_all_members(path[:-1], path[-1])} | [?type(@)=='object'].items(@)[] | "
    value = ".".join(filter(None, ("[1]", text_of(rest))))
    if are_objects is None:
        return f"{pairs}[*].{{{name}: [0], inner: [1]}}"
    if not are_objects:
        return f"{pairs}[*].{{{name}: [0], value: {value}}}"
    return f"{pairs}[?type({value})=='object'].merge({value}, {{{name}: [0]}})"


def _each_member(members: Members, name: str, are_objects: bool | None) -> Iterator[str]:
    """The members one by one, with the names of all levels that are needed."""
    for chain, rest in members.chains.items():
        path = text_of(tuple(part for step in chain for part in (*step.path, step.name)) + rest)
        label = "-".join(step.name for level, step in enumerate(chain) if level in members.needed)
        literal = "`" + json.dumps(label, ensure_ascii=False).replace("`", "\\`") + "`"
        field_of_name = f"{name}: {literal}"
        if are_objects is None:
            yield f"[{path}][*].{{{field_of_name}, inner: @}}"
        elif are_objects:
            yield f"[{path}][] | [?type(@)=='object'].merge(@, {{{field_of_name}}})"
        else:
            yield f"[{path}][] | [?type(@)!='null'].{{{field_of_name}, value: @}}"


def _all_members(paths: Iterable[Steps], rest: Steps) -> str:
    """All members of all objects, each of these in those before: "a.*[].b.*[]", as "a.*.b.*" is read by no row."""
    return "".join([*(f"{_further(path)}.*[]" for path in paths), _further(rest)]).removeprefix(".")


def text_of(steps: Steps) -> str:
    """Steps as JMESPath; "" for none."""
    return _further(steps).removeprefix(".")


def _further(steps: Steps) -> str:
    return "".join("[]" if step is None else f".{quoted(step)}" for step in steps)


def _of_series(mapping: MappingOptions, names: str, are_objects: bool) -> Iterator[str]:
    """The series with `names`, and their values where the items become objects."""
    if not mapping.values:
        yield f"series: {json.dumps(mapping.series + names, ensure_ascii=False)}"
        if not are_objects:
            yield "value: value"
        return
    values: dict[str, object] = {}
    for template, value in mapping.values.items():
        values[template + names] = _as_written(value, are_objects)
    yield f"values: {json.dumps(values, ensure_ascii=False)}"


def _as_written(value: ValueMapping, are_objects: bool) -> str | Mapping[str, str]:
    written = value.model_dump(exclude_defaults=True) | ({} if are_objects else {"path": "value"})
    return written if len(written) > 1 else str(written["path"])
