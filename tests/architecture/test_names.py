"""Names follow the vocabulary of the field: unique classes, no lone participles, files named by their subject."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.files import FILES, MODULES, ROOT, TEST_FILES, imported_files, module_name, tree
from tests.architecture.test_layers import package_of

# No name of a public function, class, method, field or module: none of them says what it holds or does.
FORBIDDEN = frozenset(
    [
        "told",
        "held",
        "kept",
        "given",
        "found",
        "shown",
        "asked",
        "seen",
        "made",
        "known",
        "stood",
        "named",
        "said",
        "taken",
        "one",
        "it",
        "them",
        "what",
        "who",
        "house",
        "door",
        "doors",
        "doorman",
        "desk",
        "office",
        "counter",
        "letter",
        "letters",
        "trail",
        "ground",
        "board",
        "teller",
        "tellings",
    ]
)
# Words of the framework or of the domain that the list would hit: "office" is a kind of agency, "counter" a metric.
ALLOWED_CLASSES: dict[str, str] = {"Options": "each protocol's options"}
# What a newcomer looks for, and the file that must carry that word in its name.
SUBJECTS = (
    "rate_limit", "csrf", "lockout", "failover", "schema_drift", "audit_log", "client_ip", "mfa", "deduplication",
    "webhook_queue", "api_keys", "downsample", "leader_lease", "ssrf", "pii_masking",
)  # fmt: skip
# API schemas mirror domain classes on purpose.
MIRRORS = "ioc.web.api"


def _public_definitions(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every public function, class, method and annotated field below `node`, nested functions not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if not child.name.startswith("_"):
                yield child.lineno, child.name
            if isinstance(child, ast.ClassDef):
                yield from _public_definitions(child)
        elif isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name):
            yield child.lineno, child.target.id


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_public_name_is_a_lone_participle_or_a_building() -> None:
    assert not [_id(path) for path in (*FILES, *TEST_FILES) if path.stem.strip("_") in FORBIDDEN]
    assert not [
        f"{_id(path)}:{line}: {name}"
        for path in (*FILES, *TEST_FILES)
        for line, name in _public_definitions(tree(path))
        if not name.isupper() and name.lower() in FORBIDDEN
    ]


def test_public_class_names_are_unique() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module_name(path))
    ambiguous = {
        name: modules
        for name, modules in places.items()
        if name not in ALLOWED_CLASSES and sum(not module.startswith(MIRRORS) for module in modules) > 1
    }
    assert not ambiguous


def test_exceptions_end_in_error() -> None:
    wrong = [
        f"{module_name(path)}.{node.name}"
        for path in FILES
        for node in tree(path).body
        if isinstance(node, ast.ClassDef) and any(_is_exception(base) for base in node.bases)
        if not node.name.endswith("Error")
    ]
    assert not wrong


def _is_exception(base: ast.expr) -> bool:
    name = ast.unparse(base).rpartition(".")[2]
    return name == "Exception" or name.endswith("Error")


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_mechanism_has_a_file_of_its_name(subject: str) -> None:
    assert [path for path in FILES if subject in path.stem]


def test_small_files_with_one_importer_are_merged() -> None:
    """A file under 40 lines that one other file imports belongs into that file."""
    importers: dict[str, set[str]] = defaultdict(set)
    for path in FILES:
        for other in imported_files(path):
            importers[module_name(other)].add(module_name(path))
    crumbs = [
        f"{module_name(path)} → {sole}"
        for path in FILES
        if path.name != "__init__.py" and path.read_text("utf-8").count("\n") < 40
        for sole in importers[module_name(path)]
        if len(importers[module_name(path)]) == 1 and not _must_stay_apart(path, sole)
    ]
    assert not crumbs


def _must_stay_apart(path: Path, importer: str) -> bool:
    """In another layer, a registered file, or where the importer would grow beyond 300 lines."""
    lines = path.read_text("utf-8").count("\n") + MODULES[importer].read_text("utf-8").count("\n")
    return package_of(module_name(path)) != package_of(importer) or lines > 300


def test_documents_name_files_that_exist() -> None:
    """Documents name files that exist."""
    path_like = re.compile(
        r"`((?:ioc|components|pages|data_sources|simulator|benchmarks|tests|assets|scripts)/[\w./-]+\.(?:py|js|css|toml))`"
    )
    missing = [
        f"{document.name}: {name}"
        for document in [*ROOT.glob("docs/**/*.md"), ROOT / "README.md"]
        for name in path_like.findall(document.read_text("utf-8"))
        if not (ROOT / name).exists()
    ]
    assert not missing
