"""Methods import their libraries one thread at a time."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import bayesdrop as bd

INFER = Path(bd.__file__).parent / "infer"
IN_A_RUN = {
    "bayesdrop.infer.engine.jax_settings",
    "bayesdrop.infer.point.laplace",
    "bayesdrop.infer.tuning.grid_search.run",
}
"""Imported by what has its libraries already, or without any."""
FIRST_FITS = """
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import bayesdrop as bd

rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 1)), rng.normal(size=20)
model = bd.Model(bd.MLP((2,)), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)))
methods = [
    bd.MAP(num_steps=3),
    bd.SVI(num_steps=3, num_samples=2),
    bd.NUTS(num_warmup=3, num_samples=4, num_chains=1, max_tree_depth=2),
    bd.SteinVI(num_steps=3),
]
with ThreadPoolExecutor(4) as pool:
    fits = list(pool.map(lambda method: bd.fit(model, X, y, method, progress=False), methods))
print(len(fits), "fits")
"""


def late_imports(tree: ast.AST, is_held: bool = False) -> list[tuple[str, bool]]:
    """The modules of methods that functions import, and whether they hold the lock then."""
    found = []
    for node in ast.iter_child_nodes(tree):
        held = is_held or (
            isinstance(node, ast.With)
            and any(ast.unparse(item) == "ONE_AT_A_TIME" for item in node.items)
        )
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bayesdrop.infer"):
            found.append((str(node.module), held))
        found += late_imports(node, held)
    return found


def test_a_late_import_of_a_method_holds_the_lock() -> None:
    late = [
        (module, held)
        for path in INFER.rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for module, held in late_imports(function)
        if module not in IN_A_RUN
    ]
    assert len(late) > 10
    assert [module for module, held in late if not held] == []


@pytest.mark.slow
def test_first_fits_of_a_process_in_threads() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_FITS], capture_output=True, text=True)
    assert done.stdout == "4 fits\n", done.stderr
