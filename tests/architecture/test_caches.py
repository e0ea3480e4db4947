"""Caches whose key holds a text: bounded in number and length, or the program or the configuration bounds the texts."""

import ast
from collections.abc import Iterator

from tests.architecture.files import MODULES, tree

# Function -> why its texts are few and short.
BOUNDED = {
    "components.kpi.tile:_missing": "states in words of ours, a number with its time",
    "components.kpi.tile:_name": "names of KPIs of the configuration",
    "components.screens.shell:_drawn_rail": "languages and pages of ours",
    "components.sources.provenance:_source_note": "names of sources of the configuration, at most two",
    "components.ui.icons:icon": "names of ours",
    "components.ui.icons:mark": "names of ours",
    "components.ui.status_badges:badges": "languages of ours",
    "data_sources._mapping.damaged_texts:_computed_parts": "expressions of the configuration",
    "data_sources._mapping.expressions:_compile": "expressions of the configuration",
    "data_sources._mapping.expressions:plain_steps": "expressions of the configuration",
    "data_sources._mapping.listed_units:_positions": "expressions of the configuration",
    "data_sources._mapping.named_units:_paths": "expressions of the configuration",
    "data_sources._mapping.selected_objects:_paths": "expressions of the configuration",
    "data_sources._mapping.selected_objects:is_count": "expressions of the configuration",
    "data_sources._mapping.unread_zones:_ranked": "its caller passes short lists of names only",
    "ioc.dash_kit.typed:_adapter": "types of annotations of ours",
    "ioc.domain.directives.agency:_short_forms": "names of the configured agencies",
    "ioc.domain.directives.agency_abbreviations:abbreviations": "names of the configured agencies",
    "ioc.domain.directives.progress:without_documents": "keys of documents of the configuration",
    "ioc.domain.ingest.parsing:_template_parts": "templates of the configuration",
    "ioc.domain.ingest.pattern_zone:pattern_zone": "patterns of the configuration, in which a name of a file may stand",
    "ioc.net.ip_networks:_parse": "its caller passes short texts only",
    "ioc.storage.db.dialect:_upsert_statement": "names of dialects",
    "ioc.storage.db.dialect:_merge_statement": "names of dialects",
    "ioc.storage.db.dialect:_driver_sql": "names of dialects",
    "ioc.web.live.endpoint:_best_encoding": "its caller passes the beginning only",
    "ioc.web.views.layout:_navigation": "languages and pages of ours",
    "pages.directive:_render_panels": "keys of stored documents",
    "pages.directives:_grid": "languages of ours",
    "pages.directives:_render_panels": "languages of ours",
}
PACKAGES = ("components", "data_sources", "ioc", "pages")
LIBRARY_CACHES = ("cache", "lru_cache", "functools.cache", "functools.lru_cache")
WITHOUT_TEXT = frozenset({"int", "float", "bool", "date", "datetime", "time", "None"})


def _is_library_cache(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called) in LIBRARY_CACHES


def _may_hold_text(argument: ast.arg) -> bool:
    names = {node.id for node in ast.walk(argument.annotation or ast.Name("str")) if isinstance(node, ast.Name)}
    return bool(names & {"str", "bytes", "object", "Any"})


def _cached_by_text() -> Iterator[str]:
    for module, path in MODULES.items():
        for node in ast.walk(tree(path)) if module.split(".")[0] in PACKAGES else ():
            if (
                isinstance(node, ast.FunctionDef)
                and any(map(_is_library_cache, node.decorator_list))
                and any(map(_may_hold_text, (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)))
            ):
                yield f"{module}:{node.name}"


def test_every_cache_by_text_is_bounded() -> None:
    assert set(_cached_by_text()) == BOUNDED.keys()
