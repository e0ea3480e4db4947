"""One yaml file: PyYAML's nodes, whose marks name file and line, and the values of the nodes.

Size, depth and aliases are limited; tags and repeated keys are errors.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from ioc.config.errors import ConfigCode, ConfigFault
from ioc.config.written_number import WrittenFloat
from ioc.config.yaml_errors import YamlCode, syntax_fault
from ioc.config.yaml_resolvers import RESOLVERS, TAG
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import system_failure
from ioc.domain.base.text import shorten

MAX_BYTES = 2_000_000
MAX_DEPTH = 24
MAX_VALUES = 200_000  # aliases counted as often as they are used

YamlPath = Sequence[str | int]
# The value of a node that could not be read: it is a fault already, and nothing else is said of it.
UNREAD: Final[Any] = object()

_PLAIN = frozenset(f"{TAG}{name}" for name in ("int", "float", "bool", "null", "timestamp"))
_NAMING_FIELDS = ("key", "code", "kind", "agency")
_MAX_SHOWN = 60  # characters of a key or a wrong value that a fault repeats
_TEXT, _TIMESTAMP = f"{TAG}str", f"{TAG}timestamp"


class LocatedValue(NamedTuple):
    """A node of yaml, which knows file and line, and its value. Unless `is_whole`, something in it is UNREAD."""

    node: yaml.Node
    value: Any
    is_whole: bool = True


class _BuiltValue(NamedTuple):
    value: Any
    size: int = 1  # values in it, itself included
    height: int = 0  # levels below it
    is_whole: bool = True  # whether all of it could be read


@dataclass(frozen=True, slots=True)
class YamlFile:
    """`root`: None when the file could not be read. `faults`: why, or which of its parts could not."""

    root: yaml.Node | None
    faults: Sequence[ConfigFault] = ()
    _built: Mapping[yaml.Node, _BuiltValue] = field(default_factory=dict)

    def value(self, node: yaml.Node) -> Any:
        """The value of a node: dict, list, str, int, float, bool, None, date, or UNREAD. Keys are always text."""
        return self._built[node].value

    def located(self, node: yaml.Node) -> LocatedValue:
        """A node with its value."""
        return LocatedValue(node, self.value(node), self._built[node].is_whole)

    def pairs(self) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """The keys at the top with the nodes of key and value; nothing when the file is no mapping."""
        pairs = self.root.value if isinstance(self.root, yaml.MappingNode) else []
        return {key.value: (key, value) for key, value in reversed(pairs) if isinstance(key, yaml.ScalarNode)}

    def top_value(self, key: str) -> Any:
        """The value of `key` at the top, None without one."""
        _, node = self.pairs().get(key, (None, None))
        return self.value(node) if node else None


class FoundNode(NamedTuple):
    """Where something stands: of a value, the place of its key. `node`: None when only what holds it was found."""

    mark: yaml.Mark
    node: yaml.Node | None


def find_node(node: yaml.Node, path: YamlPath) -> FoundNode:
    """What lies at `path` in `node`."""
    mark = node.start_mark
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key.start_mark, value) for key, value in node.value if key.value == part), None)
        else:
            items = node.value if isinstance(node, yaml.SequenceNode) else []
            item = items[part] if isinstance(part, int) and part < len(items) else None
            found = (item.start_mark, item) if item else None
        if found is None:
            return FoundNode(mark, None)
        mark, node = found
    return FoundNode(mark, node)


def as_written(node: yaml.Node) -> str:
    """A value as it stands in the file, shortened; of a list or a mapping only its brackets."""
    if isinstance(node, yaml.ScalarNode):
        return shorten(node.value, _MAX_SHOWN) or "null"
    return "[…]" if isinstance(node, yaml.SequenceNode) else "{…}"


def row_key(node: yaml.Node | None) -> str:
    """The key of a row, or what else names it; "" for what has no name, and for a document that may be secret."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    texts = {key.value: value.value for key, value in pairs if isinstance(value, yaml.ScalarNode)}
    names = [texts[field] for field in _NAMING_FIELDS if texts.get(field)]
    return shorten(names[0], _MAX_SHOWN) if names and "secrecy" not in texts else ""


def field_path(node: yaml.Node, path: YamlPath) -> str:
    """`path` in `node` as it is shown: dotted, items of lists by their key or their number from 1."""
    text = ""
    for n, part in enumerate(path, 1):
        name = row_key(find_node(node, path[:n]).node) or str(part + 1) if isinstance(part, int) else ""
        text += f"[{name}]" if name else f".{part}"
    return text.removeprefix(".")


def fault_at(
    node: yaml.Node, failure: Failure, suggestion: Failure | None = None, path: YamlPath = (), shown: YamlPath = ()
) -> ConfigFault:
    """A fault of what lies at `path` in `node`; the path `shown` stands before the message."""
    mark = find_node(node, path).mark
    return ConfigFault(str(mark.name), mark.line + 1, failure, suggestion, field_path(node, shown), row_key(node))


def read(path: Path) -> YamlFile:
    """The file at `path`."""
    name = str(path)
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        failure = Failure(ConfigCode.UNREADABLE, {"cause": system_failure(error)})
        return YamlFile(None, [ConfigFault(name, 0, failure)])
    if len(body) > MAX_BYTES:
        failure = Failure(ConfigCode.TOO_LARGE, {"limit": MAX_BYTES})
        return YamlFile(None, [ConfigFault(name, 0, failure, Failure(ConfigCode.SPLIT_THE_FILE))])
    return parse(name, body)


def parse(name: str, body: bytes) -> YamlFile:
    """`body` as nodes and values. What is no yaml is one fault; what is, but not plain, is a fault of its node."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        fault = ConfigFault(name, 0, Failure(ConfigCode.NOT_UTF8), Failure(ConfigCode.SAVE_AS_UTF8))
        return YamlFile(None, [fault])
    try:
        loader = _Loader(name, text.encode())
        root = loader.get_single_node() or _empty_node(name)
        values = _ValueBuilder(loader)
        values.build(root, 0)
    except yaml.YAMLError as error:
        return YamlFile(None, [syntax_fault(name, text, error, MAX_DEPTH)])
    except _LimitError as error:
        return YamlFile(None, [error.fault])
    return YamlFile(root, values.faults, values.built)


def _empty_node(name: str) -> yaml.Node:
    mark = yaml.Mark(name, 0, 0, 0, None, 0)
    return yaml.ScalarNode(f"{TAG}null", "", mark, mark)


class _LimitError(Exception):
    """A file is too large or too deep. `fault` says where."""

    def __init__(self, node: yaml.Node, failure: Failure, suggestion: YamlCode | None = None) -> None:
        super().__init__(str(failure))
        self.fault = fault_at(node, failure, Failure(suggestion) if suggestion else None)


def _check_count(count: int, node: yaml.Node) -> None:
    if count > MAX_VALUES:
        failure = Failure(YamlCode.TOO_MANY_VALUES, {"limit": MAX_VALUES})
        raise _LimitError(node, failure, YamlCode.USE_FEWER_ALIASES)


class _NamedBytes(BytesIO):
    """`name` gets into the marks of the nodes."""

    def __init__(self, name: str, body: bytes) -> None:
        super().__init__(body)
        self.name = name


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers = RESOLVERS

    def __init__(self, name: str, body: bytes) -> None:
        super().__init__(_NamedBytes(name, body))
        self._node_count = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """PyYAML calls it before it makes a node: the count is limited before they fill the memory."""
        self._node_count += 1
        if current_node is not None:
            _check_count(self._node_count, current_node)


def _is_plain_key(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value != "<<"


class _ValueBuilder:
    """Builds the values of nodes; `faults` grows by what cannot be read. _LimitError when it is too much."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self.faults: list[ConfigFault] = []
        self.built: dict[yaml.Node, _BuiltValue] = {}

    def build(self, node: yaml.Node, depth: int) -> _BuiltValue:
        """The value of `node`, made once: an alias is the same node again."""
        built = self.built.get(node)
        if depth + (built.height if built else 0) > MAX_DEPTH:
            raise _LimitError(node, Failure(YamlCode.TOO_DEEP, {"limit": MAX_DEPTH}))
        if built is None:
            built = self.built[node] = self._construct(node, depth)
        return built

    def _fault(self, node: yaml.Node, failure: Failure, suggestion: YamlCode) -> Any:
        self.faults.append(fault_at(node, failure, Failure(suggestion)))
        return UNREAD

    def _construct(self, node: yaml.Node, depth: int) -> _BuiltValue:
        if isinstance(node, yaml.ScalarNode):
            value = node.value if node.tag == _TEXT else self._scalar(node)
            return _BuiltValue(value, is_whole=value is not UNREAD)
        if isinstance(node, yaml.SequenceNode):
            items = [self.build(item, depth + 1) for item in node.value]
            return self._collection(node, "seq", [item.value for item in items], items)
        items, values, has_odd_key = [], dict[Any, Any](), False
        for key_node, value_node in node.value:
            key = self._key(key_node, values)
            has_odd_key |= key is UNREAD and not _is_plain_key(key_node)
            items.append(self.build(value_node, depth + 1))
            values[key] = items[-1].value
        if has_odd_key:  # nobody knows which keys it stands for
            return self._collection(node, "map", UNREAD, items)
        is_whole = UNREAD not in values
        values.pop(UNREAD, None)
        return self._collection(node, "map", values, items, is_whole=is_whole)

    def _collection(
        self, node: yaml.Node, tag: str, value: Any, items: Iterable[_BuiltValue], *, is_whole: bool = True
    ) -> _BuiltValue:
        size = 1 + sum(item.size for item in items)
        _check_count(size, node)
        if node.tag != TAG + tag:
            value = self._fault(node, Failure(YamlCode.TAG, {"tag": str(node.tag)}), YamlCode.WRITE_THE_VALUE)
        is_whole = is_whole and value is not UNREAD and all(item.is_whole for item in items)
        return _BuiltValue(value, size, 1 + max((item.height for item in items), default=0), is_whole)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag not in _PLAIN:
            return self._fault(node, Failure(YamlCode.TAG, {"tag": str(node.tag)}), YamlCode.WRITE_THE_VALUE)
        try:
            value = self._loader.construct_object(node)
            return WrittenFloat.as_written(value, node.value) if isinstance(value, float) else value
        except (ValueError, OverflowError, KeyError, TypeError, AttributeError):
            is_date = node.tag == _TIMESTAMP
            code = YamlCode.NO_SUCH_DATE if is_date else YamlCode.UNREADABLE_VALUE
            suggestion = YamlCode.CORRECT_THE_DATE if is_date else YamlCode.QUOTE_THE_TEXT
            return self._fault(node, Failure(code, {"value": node.value[:40]}), suggestion)

    def _key(self, node: yaml.Node, earlier: Container[Any]) -> Any:
        """The key as it is written: yaml 1.1 would make True of "on". UNREAD for one that is no text, or a second.

        Of the second ones only the first is a fault: a row whose "- " is missing repeats all keys of the row before.
        """
        if not _is_plain_key(node):
            return self._fault(node, Failure(YamlCode.KEY_NOT_TEXT), YamlCode.WRITE_KEYS_OUT)
        if node.value in earlier and UNREAD in earlier:
            return UNREAD
        if node.value in earlier:
            return self._fault(node, Failure(YamlCode.KEY_TWICE, {"key": node.value}), YamlCode.KEEP_ONE)
        return node.value
