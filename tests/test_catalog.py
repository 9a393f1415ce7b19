"""Names to objects: the shipped folders, and files of one's own."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.catalog import Kind
from bayesdrop.suite import Suite

ROOT = Path(__file__).resolve().parents[1]
VALUES: dict[Kind, Any] = {
    "models": bd.Model,
    "inference": bd.Inference,
    "benchmarks": (Suite, bd.ReferenceSuite),
    "references": bd.ReferenceProblem,
}
SHIPPED = [(kind, name) for kind in VALUES for name in catalog.names(kind)]
OWN_MODEL = "import bayesdrop as bd\nMODEL = bd.Model(bd.MLP(hidden=(7,)))\n"
OWN_NOISE = """
from dataclasses import dataclass
import bayesdrop as bd

@dataclass(frozen=True)
class Halved(bd.noise.Rayleigh):
    pass

MODEL = bd.Model(bd.MLP(), bd.ARD(Halved()))
"""


def write(path: Path, text: str) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return str(path)


def test_the_shipped_names() -> None:
    assert {"bernoulli_ard", "gaussian_prior", "student_t_ard", "add", "ard_add"} < set(
        catalog.names("models")
    )
    assert {"mc_dropout", "svi", "svi_pyro", "nuts", "hmc"} <= set(catalog.names("inference"))
    assert {"em", "released_em", "mc_dropout_tail_adaptive"} <= set(catalog.names("inference"))
    assert {"pbp", "gp", "nngp", "deep_gp"} <= set(catalog.names("inference"))
    assert {"quick", "uci-small", "released-em"} <= set(catalog.names("benchmarks"))
    assert "speed" not in catalog.names("benchmarks")


@pytest.mark.parametrize(("kind", "name"), SHIPPED)
def test_every_shipped_entry_loads_and_says_what_it_is(kind: Kind, name: str) -> None:
    entry = catalog.load(kind, name)
    assert isinstance(entry.value, VALUES[kind])
    assert (entry.name, entry.source_sha256) == (name, None)
    assert 10 < len(catalog.describe(kind, name)) <= 100


@pytest.mark.parametrize("name", catalog.names("benchmarks"))
def test_every_shipped_suite_names_what_is_there(name: str) -> None:
    suite = catalog.load("benchmarks", name).value
    if isinstance(suite, bd.ReferenceSuite):
        assert set(suite.inference) <= set(catalog.names("inference"))
        assert set(suite.references) <= set(catalog.names("references"))
        return
    assert set(suite.models) <= set(catalog.names("models"))
    methods = {m.replace("{dataset}", d) for m in suite.inference for d in suite.datasets}
    assert methods <= set(catalog.names("inference"))
    assert set(suite.datasets) <= set(bd.data.dataset_names())
    assert suite.description


def test_listing_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "folder", lambda kind: tmp_path / kind)
    write(
        tmp_path / "models" / "bomb.py", '"""It is loud.\n\nVery."""\n\nraise SystemError("boom")\n'
    )
    write(tmp_path / "models" / "_hidden.py", "")
    (tmp_path / "models" / "folder").mkdir()
    assert catalog.names("models") == ("bomb",)
    assert catalog.describe("models", "bomb") == "It is loud."
    with pytest.raises(ValueError, match=r"bomb\.py, line 5: SystemError: boom"):
        catalog.load("models", "bomb")


def test_a_path_works_like_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "mine.py", OWN_MODEL)
    monkeypatch.chdir(tmp_path)
    entries = [catalog.load("models", name) for name in (path, "mine.py", "./mine.py")]
    assert entries[0] == entries[1] == entries[2]
    assert entries[0].name == "mine"
    assert entries[0].value == bd.Model(bd.MLP(hidden=(7,)))
    before = entries[0].source_sha256
    assert before is not None
    write(tmp_path / "mine.py", OWN_MODEL + "# a remark\n")
    assert catalog.load("models", "mine.py").source_sha256 not in (None, before)


def test_a_path_to_a_shipped_file_is_the_shipped_entry() -> None:
    path = catalog.folder("models") / "ard_add.py"
    assert catalog.load("models", str(path)) == catalog.load("models", "ard_add")


def test_code_that_is_not_bayesdrop_s_is_known_by_its_text_even_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "folder", lambda kind: tmp_path / kind)
    write(tmp_path / "models" / "plain.py", OWN_MODEL)
    write(tmp_path / "models" / "own_noise.py", OWN_NOISE)
    assert catalog.load("models", "plain").source_sha256 is None
    assert catalog.load("models", "own_noise").source_sha256 is not None


def test_classes_of_a_file_keep_their_identity(tmp_path: Path) -> None:
    path = write(tmp_path / "own_noise.py", OWN_NOISE)
    assert catalog.load("models", path).value == catalog.load("models", path).value


def test_another_process_gets_the_same_whatever_became_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "own_noise.py", OWN_NOISE)
    entry = catalog.load("models", path)
    write(tmp_path / "own_noise.py", "raise SystemError")
    code = "import pickle, sys; e = pickle.load(sys.stdin.buffer); print(e.source_sha256, e.value)"
    found = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(entry), capture_output=True, check=True
    )
    assert found.stdout.decode().strip() == f"{entry.source_sha256} {entry.value}"


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("models", "ard_ad", "unknown model 'ard_ad'; did you mean 'ard_add'"),
        ("inference", "nutz", "unknown inference method 'nutz'; did you mean 'nuts'"),
        ("benchmarks", "quik", "unknown benchmark suite 'quik'; did you mean 'quick'"),
        ("benchmarks", "speed", "unknown benchmark suite 'speed'"),
    ],
)
def test_an_unknown_name_comes_with_the_nearest(kind: Kind, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        catalog.load(kind, name)


def test_files_that_are_no_entry(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file nowhere\.py; shipped models: add"):
        catalog.load("models", "nowhere.py")
    empty = write(tmp_path / "empty.py", "")
    with pytest.raises(
        ValueError, match=r"empty\.py must define MODEL, the model: it defines none"
    ):
        catalog.load("models", empty)
    wrong = write(tmp_path / "wrong.py", "MODEL = 3\n")
    with pytest.raises(ValueError, match="must define MODEL, the model: not 3"):
        catalog.load("models", wrong)
    with pytest.raises(ValueError, match="must define INFERENCE"):
        catalog.load("inference", write(tmp_path / "other.py", OWN_MODEL))
    with pytest.raises(ValueError, match="SyntaxError"):
        catalog.load("models", write(tmp_path / "broken.py", "MODEL = (\n"))
    twin = write(tmp_path / "ard_add.py", OWN_MODEL)
    with pytest.raises(ValueError, match="'ard_add' is already a shipped model; rename"):
        catalog.load("models", twin)


@pytest.mark.parametrize(
    "code", ["import sys\nsys.exit(3)\n", "raise SystemExit\n", "quit()\n"], ids=repr
)
def test_a_file_that_exits_is_an_error_of_that_file(tmp_path: Path, code: str) -> None:
    path = write(tmp_path / "leaves.py", code)
    with pytest.raises(ValueError, match=r"leaves\.py, line \d: SystemExit"):
        catalog.load("models", path)
    with pytest.raises(ValueError, match=r"leaves\.py, line \d: SystemExit"):
        catalog.define(path)
