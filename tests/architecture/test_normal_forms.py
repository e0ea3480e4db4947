"""Texts are normalised by one function, which bounds the work: ioc/domain/base/normal_form.py."""

import ast

from tests.architecture.files import MODULES, tree

ALLOWED = {"ioc.domain.base.normal_form"}


def _normalizes(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "unicodedata" and any(name.name == "normalize" for name in node.names)
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "unicodedata.normalize"


def test_no_other_function_normalizes() -> None:
    product = {module: path for module, path in MODULES.items() if module.split(".")[0] != "tests"}
    assert {module for module, path in product.items() if any(map(_normalizes, ast.walk(tree(path))))} == ALLOWED
