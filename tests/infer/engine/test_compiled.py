"""What every compiled program has in common: products of matrices in full float32."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop.infer.engine.compiled import Compiled

FEW: dict[str, Any] = {"num_chains": 2, "num_samples": 2}
METHODS: dict[str, bd.Inference] = {
    "ChEES": bd.ChEES(num_warmup=4, training_steps=2, **FEW),
    "VariationalEM": bd.VariationalEM(num_epochs=2),
    "GibbsHMC": bd.GibbsHMC(num_warmup=2, **FEW),
    "Laplace": bd.Laplace(num_steps=2),
    "MAP": bd.MAP(num_steps=2),
    "MCLMC": bd.MCLMC(num_warmup=100, training_steps=300, **FEW),
    "NUTS": bd.NUTS(num_warmup=2, max_tree_depth=2, **FEW),
    "SGHMC": bd.SGHMC(num_warmup=2, training_steps=2, step_size=1e-9, **FEW),
    "SVI": bd.SVI(num_steps=2, num_samples=2),
    "SteinVI": bd.SteinVI(num_steps=2),
}


def rounded_products(text: str) -> list[str]:
    """Products of a lowered program that a card may round to less than float32."""
    products = re.findall(r"stablehlo\.dot_general.*|stablehlo\.convolution.*", text)
    assert products, "no product of matrices in this program"
    return [line for line in products if "HIGHEST" not in line]


def test_products_are_of_full_float32() -> None:
    ones = jnp.ones((3, 3))
    assert not rounded_products(Compiled(jnp.matmul).lowered(ones, ones).as_text())


def test_nothing_else_compiles() -> None:
    """But for the placing of chains on devices and a trial of options, which multiply nothing."""
    package = Path(bd.__file__).parent
    found = {
        str(path.relative_to(package)): path.read_text().count("jax.jit(")
        for path in package.rglob("*.py")
    }
    found = {name: count for name, count in found.items() if count}
    assert found == {
        "infer/engine/compiled.py": 1,
        "infer/engine/compiler_options.py": 1,
        "infer/mcmc/all_chains.py": 1,
    }


def test_products_are_xlas_own() -> None:
    """Those of the YNNPACK library read beyond the ends of their arrays."""
    product = Compiled(jnp.matmul)
    product(jnp.ones((2, 3, 64, 50)), jnp.ones((2, 3, 50, 64)))
    (executable,) = product._executables.values()
    assert "__ynn_fusion" not in executable.as_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_every_program_of_a_fit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    lowered = Compiled.lowered

    def kept(self: Compiled, *args: Any) -> Any:
        found = lowered(self, *args)
        texts.append(found.as_text())
        return found

    monkeypatch.setattr(Compiled, "lowered", kept)
    X = np.random.default_rng(0).normal(size=(20, 3))
    model = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.InverseNakagami(3.0, 3.0)))
    bd.fit(model, X, X.sum(1), METHODS[name], progress=False)
    assert not rounded_products("\n".join(texts))
