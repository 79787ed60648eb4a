"""The safety case names the tests that show what it says; they must exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs/safety.md").read_text("utf-8"))
PRODUCT = [
    path
    for package in ("bci_app", "devices", "calibration")
    for path in (ROOT / package).rglob("*.py")
]


def test_every_hazard_names_a_test():
    rows = re.findall(r"^\| \d+ \|.*$", (ROOT / "docs/safety.md").read_text("utf-8"), re.MULTILINE)
    assert len(rows) >= 20
    assert all("::test_" in row for row in rows)


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_exists(file, name):
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_unpickled_or_evaluated(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            assert not {"pickle", "marshal", "shelve", "dill", "joblib"} & {
                module.partition(".")[0] for module in modules
            }
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            assert called not in {"eval", "exec", "compile"}
            assert all(
                isinstance(keyword.value, ast.Constant) and keyword.value.value is False
                for keyword in node.keywords
                if keyword.arg == "allow_pickle"
            )
