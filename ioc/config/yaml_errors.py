"""Codes of what is wrong with a yaml file, and PyYAML's errors as faults."""

import re

import yaml
from yaml.composer import ComposerError
from yaml.parser import ParserError
from yaml.reader import ReaderError

from ioc.config.errors import ConfigFault
from ioc.domain.base.failure import ErrorCode, Failure

_QUOTES = ('"', "'")
_BRACKETS = ("[", "{")
_ANCHOR = re.compile(r"[*&][^\s,\[\]{}]*")
_TOO_DEEP_FOR_LIBYAML = "exceeded maximum nesting depth"  # its error has no class of its own


class YamlCode(ErrorCode):
    """What is wrong with yaml, and suggestions. Texts: components/messages/errors/config_yaml.toml."""

    # Not yaml; external: what PyYAML says.
    MISPLACED_COLON = "config_yaml.misplaced_colon"
    MISPLACED_ENTRY = "config_yaml.misplaced_entry"
    MISPLACED_CHARACTER = "config_yaml.misplaced_character"  # character
    QUOTED_TEXT = "config_yaml.quoted_text"
    BLOCK_TEXT = "config_yaml.block_text"
    OPEN_BRACKET = "config_yaml.open_bracket"
    KEY_WITHOUT_COLON = "config_yaml.key_without_colon"
    INDENTATION = "config_yaml.indentation"
    CONTROL_CHARACTER = "config_yaml.control_character"  # character: as U+0007
    SYNTAX = "config_yaml.syntax"
    # Yaml that a configuration does not take.
    SEVERAL_DOCUMENTS = "config_yaml.several_documents"
    TOO_MANY_VALUES = "config_yaml.too_many_values"  # limit
    TOO_DEEP = "config_yaml.too_deep"  # limit
    UNKNOWN_ALIAS = "config_yaml.unknown_alias"  # alias
    ANCHOR_TWICE = "config_yaml.anchor_twice"  # anchor
    TAG = "config_yaml.tag"  # tag
    NO_SUCH_DATE = "config_yaml.no_such_date"  # value
    UNREADABLE_VALUE = "config_yaml.unreadable_value"  # value
    KEY_NOT_TEXT = "config_yaml.key_not_text"
    KEY_TWICE = "config_yaml.key_twice"  # key
    # Suggestions.
    REMOVE_SEPARATOR = "config_yaml.remove_separator"
    USE_FEWER_ALIASES = "config_yaml.use_fewer_aliases"
    WRITE_THE_VALUE = "config_yaml.write_the_value"
    CORRECT_THE_DATE = "config_yaml.correct_the_date"
    QUOTE_THE_TEXT = "config_yaml.quote_the_text"
    WRITE_KEYS_OUT = "config_yaml.write_keys_out"
    KEEP_ONE = "config_yaml.keep_one"


_OF_OPEN_BRACKETS = (YamlCode.INDENTATION, YamlCode.MISPLACED_ENTRY, YamlCode.SYNTAX)


def syntax_fault(name: str, text: str, error: yaml.YAMLError, max_depth: int) -> ConfigFault:
    """Why `text`, without a byte order mark, cannot be read, and in which line of the file `name`."""
    if isinstance(error, ReaderError):
        line = text.encode()[: error.position].count(b"\n") + 1
        return ConfigFault(name, line, Failure(YamlCode.CONTROL_CHARACTER, {"character": f"U+{error.character:04X}"}))
    if not isinstance(error, yaml.MarkedYAMLError):
        return ConfigFault(name, 0, Failure(YamlCode.SYNTAX, external=str(error).splitlines()[0]))
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    if error.problem == _TOO_DEEP_FOR_LIBYAML:
        return ConfigFault(name, line, Failure(YamlCode.TOO_DEEP, {"limit": max_depth}))
    if isinstance(error, ComposerError):
        return _composer_fault(name, text, line, error)
    code = _syntax_code(text, error)
    open_bracket = _open_bracket(text, error.problem_mark) if code in _OF_OPEN_BRACKETS else None
    if code is YamlCode.INDENTATION and (quote := _quote_over_lines(text, error.problem_mark)):
        code, line = YamlCode.QUOTED_TEXT, quote.line + 1
    elif open_bracket:
        code, line = YamlCode.OPEN_BRACKET, open_bracket.line + 1
    elif code in (YamlCode.QUOTED_TEXT, YamlCode.OPEN_BRACKET) and error.context_mark:
        line = error.context_mark.line + 1  # where it opens, not where the missing end was noticed
    is_character = code is YamlCode.MISPLACED_CHARACTER
    params = {"character": repr(_character(text, error.problem_mark))[1:-1]} if is_character else {}
    return ConfigFault(name, line, Failure(code, params, external=error.problem or error.context or ""))


def _composer_fault(name: str, text: str, line: int, error: ComposerError) -> ConfigFault:
    """An unknown alias, an anchor that stands twice, or a second document: told apart by the character there."""
    anchor = _ANCHOR.match(text, error.problem_mark.index) if error.problem_mark else None
    if anchor is None:
        return ConfigFault(name, line, Failure(YamlCode.SEVERAL_DOCUMENTS), Failure(YamlCode.REMOVE_SEPARATOR))
    if anchor[0].startswith("*"):
        return ConfigFault(name, line, Failure(YamlCode.UNKNOWN_ALIAS, {"alias": anchor[0]}))
    return ConfigFault(name, line, Failure(YamlCode.ANCHOR_TWICE, {"anchor": anchor[0]}), Failure(YamlCode.KEEP_ONE))


def _syntax_code(text: str, error: yaml.MarkedYAMLError) -> YamlCode:
    """What is wrong, by the class of the error and the characters at its marks."""
    context, problem = _character(text, error.context_mark), _character(text, error.problem_mark)
    if isinstance(error, ParserError):
        if context in _BRACKETS:
            return YamlCode.OPEN_BRACKET
        return YamlCode.INDENTATION if context else YamlCode.SYNTAX
    if error.context_mark and error.problem_mark and error.context_mark.index != error.problem_mark.index:
        if context in _QUOTES:
            return YamlCode.QUOTED_TEXT
        if context in ("|", ">"):
            return YamlCode.BLOCK_TEXT
        return YamlCode.SYNTAX if context in ("&", "*", "!", "%") else YamlCode.KEY_WITHOUT_COLON
    if problem == ":":
        return YamlCode.MISPLACED_COLON
    return YamlCode.MISPLACED_ENTRY if problem in ("-", "?") else YamlCode.MISPLACED_CHARACTER


def _open_bracket(text: str, end: yaml.Mark | None) -> yaml.Mark | None:
    """The innermost bracket that is not closed before `end`, None without one."""
    opened = list[yaml.Mark]()
    try:
        for token in yaml.scan(text):
            if end is None or token.start_mark.index >= end.index:
                break
            if isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken):
                opened.append(token.start_mark)
            elif isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken) and opened:
                opened.pop()
    except yaml.YAMLError:
        pass  # it is the error of which the reason is sought
    return opened[-1] if opened else None


def _quote_over_lines(text: str, end: yaml.Mark | None) -> yaml.Mark | None:
    """Where the quoted text opens that ends right before `end`, lines below: its end is the start of another one."""
    opened: yaml.Mark | None = None
    try:
        for token in yaml.scan(text):
            if end is None or token.start_mark.index >= end.index:
                break
            is_quoted = isinstance(token, yaml.ScalarToken) and token.style in _QUOTES
            opened = token.start_mark if is_quoted and token.end_mark.line > token.start_mark.line else None
    except yaml.YAMLError:
        pass  # it is the error of which the reason is sought
    return opened


def _character(text: str, mark: yaml.Mark | None) -> str:
    """The character at a mark, "" without one."""
    return text[mark.index : mark.index + 1] if mark else ""
