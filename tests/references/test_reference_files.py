"""Files of references: what is read is what was written, and crafted ones are refused."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from trust_page import tried_and_refused

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.data.uci import UCI_SETS
from bayesdrop.posterior.storage.checksum import checksum
from bayesdrop.references.arrays_file import LIMIT
from bayesdrop.references.library import available, draws_path, problem_of
from bayesdrop.references.storing import rounded, save

Damage = Callable[[Path], Any]
UCI = {source.name for source in UCI_SETS}


def arrays_of(path: Path) -> dict[str, NDArray]:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def write(path: Path, arrays: dict[str, NDArray], *, seal: bool = True) -> None:
    """Write those arrays, under a right checksum: as somebody would who means it."""
    if seal:
        own = {k: v for k, v in arrays.items() if k not in ("header", "sha256")}
        arrays["sha256"] = np.array(checksum(str(arrays["header"]), {"": own}))
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def array(name: str, value: Any) -> Damage:
    """Another array, or with ``...`` none, under a right checksum."""

    def damage(path: Path) -> None:
        arrays = arrays_of(path)
        if value is ...:
            del arrays[name]
        else:
            arrays[name] = value(arrays[name]) if callable(value) else np.asarray(value)
        write(path, arrays)

    return damage


def header(**changes: Any) -> Damage:
    """Fields of the header, under a right checksum."""

    def damage(path: Path) -> None:
        arrays = arrays_of(path)
        found = json.loads(str(arrays["header"])) | changes
        found = {name: value for name, value in found.items() if value is not ...}
        write(path, arrays | {"header": np.array(json.dumps(found))})

    return damage


def problem(**changes: Any) -> Damage:
    def damage(path: Path) -> None:
        found = json.loads(str(arrays_of(path)["header"]))["problem"]
        header(problem=found | changes)(path)

    return damage


def both(first: Damage, second: Damage) -> Damage:
    def damage(path: Path) -> None:
        first(path)
        second(path)

    return damage


def of_own_data(**changes: Any) -> Damage:
    """A reference of a data set in a Python file, which has its own inputs, with some changed."""

    def damage(path: Path) -> None:
        problem(dataset="bomb.py")(path)
        own = {"X": np.ones((64, 10)), "y_test": np.ones(40)} | changes
        own = {name: value for name, value in own.items() if value is not ...}
        write(path, arrays_of(path) | own)

    return damage


def part(name: str, content: bytes) -> Damage:
    """A further part of the archive, whatever is in it."""

    def damage(path: Path) -> None:
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(name, content)

    return damage


def npy(shape: str = "(1,)", dtype: str = "<f4", fortran: bool = False) -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    text += " " * (117 - len(text)) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + bytes(4)


def flipped(path: Path) -> None:
    arrays = arrays_of(path)
    arrays["parameters/loc"][0, 0] += 1e-3
    write(path, arrays, seal=False)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.remove, ("bomb",)


def pickled(path: Path) -> None:
    write(path, arrays_of(path) | {"X": np.array([Bomb()], dtype=object)}, seal=False)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


CRAFTED: dict[str, tuple[Damage, str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is no npz file"),
    "text": (lambda path: path.write_text("hello"), "is no npz file"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:-40]), "is no npz file"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps(Bomb())), "is no npz file"),
    "large": (lambda path: path.write_bytes(bytes(LIMIT + 1)), "and a reference 300"),
    "pipe": (pipe, "is no regular file"),
    "pickled array": (pickled, "X that holds neither numbers nor text"),
    "one number changed": (flipped, "checksums differ"),
    "zip bomb": (part("b.npy", bytes(2**25)), "larger than a reference's"),
    "a part that is no array": (part("readme.txt", b"hello"), "'readme.txt'"),
    "huge shape": (part("b.npy", npy("(1000000000000,)")), "lacks numbers of b"),
    "negative shape": (part("b.npy", npy("(-1, -1)")), "is damaged"),
    "no shape": (part("b.npy", npy("'x'")), "is damaged"),
    "fortran order": (part("b.npy", npy(fortran=True)), "neither numbers nor text"),
    "another version of npy": (part("b.npy", b"\x93NUMPY\x02" + npy()[7:]), "another version"),
    "code in place of a header": (part("b.npy", npy("__import__('os')")), "is damaged"),
    "an array beside the checksum": (part("b.npy", npy()), "checksums differ"),
    "an array that is unknown": (
        lambda path: write(path, arrays_of(path) | {"b": np.zeros(3)}), "has 'b', which no"
    ),
    "no header": (lambda path: np.savez(path, X=np.zeros(3)), "lacks its header"),
    "header of numbers": (lambda path: np.savez(path, header=np.zeros(3)), "lacks its header"),
    "header that is no text": (
        lambda path: np.savez(path, header=np.array([2**31], "<u4").view("<U1")[0:1].reshape(())),
        "header that is no text",
    ),
    "later format": (header(format=2), "was written by a later bayesdrop (format 2)"),
    "no format": (header(format=...), "header with a wrong format"),
    "format of text": (header(format="1"), "header with a wrong format"),
    "no checks": (header(runs=[]), "header with a wrong runs"),
    "unknown field": (header(more=1), "header with a wrong more"),
    "versions of numbers": (header(versions={"numpy": 2}), "header with a wrong versions.numpy"),
    "problem of text": (header(problem="x"), "header with a wrong problem"),
    "another class": (header(problem={"type": "noise:Bernoulli", "keep": 0.5}), "wrong problem"),
    "problem without model": (problem(model=3), "has a wrong problem"),
    "approximate sampler": (
        problem(samplers=[{"type": "inference:MAP"}, {"type": "inference:NUTS"}]),
        "has a wrong problem",
    ),
    "another likelihood": (
        problem(model={"type": "model:Model", "network": {"type": "network:MLP"},
                       "likelihood": {"type": "likelihood:Bernoulli"}}),
        "has the parameters loc, scale, and",
    ),
    "more classes than memory has room for": (
        problem(model={"type": "model:Model", "network": {"type": "network:MLP"},
                       "likelihood": {"type": "likelihood:Categorical", "n_classes": 10**12}}),
        "has wrong parameters: there are 2 at an input, and Categorical(n_classes=1000000000000)",
    ),
    "more outputs than the likelihood has": (
        both(
            problem(model={"type": "model:Model", "network": {"type": "network:MLP"},
                           "likelihood": {"type": "likelihood:Categorical", "n_classes": 3}}),
            array("parameters/loc", lambda f: np.repeat(f, 2, axis=2)),
        ),
        "has wrong parameters: bd.Categorical takes one target column of class labels, not 2",
    ),
    "no data set of that name": (problem(dataset="diabetis"), "has a wrong problem: unknown"),
    "more rows than the data set": (problem(num_rows=1000), "has a wrong problem: split 0"),
    "another version of the data": (header(dataset_sha256="0" * 64), "another version of diabetes"),
    "no inputs": (of_own_data(X=...), "lacks X"),
    "inputs of text": (of_own_data(X=np.array("x")), "lacks X"),
    "fewer inputs": (of_own_data(X=np.zeros((5, 10))), "has inputs and targets of shapes"),
    "infinite input": (of_own_data(X=np.full((64, 10), np.inf)), "NaN or infinite"),
    "more targets than inputs": (of_own_data(y_test=np.zeros(65)), "inputs and targets of shapes"),
    "draws of fewer inputs": (
        array("parameters/loc", lambda f: f[:, :5]), "parameters/loc of shape (100, 5, 1)"
    ),
    "no draws": (array("parameters/loc", lambda f: f[:0]), "lacks numbers of parameters/loc"),
    "fewer draws": (array("parameters/loc", lambda f: f[:50]), "or draws of some of them"),
    "NaN": (array("parameters/loc", lambda f: f * np.nan), "NaN or infinite"),
    "no location": (array("parameters/loc", ...), "has the parameters scale, and"),
    "negative scale": (array("parameters/scale", lambda s: -s), "scale must be positive"),
    "negative prior scale": (array("scales/unit_scale_0", lambda s: -s), "no 100 draws of a scale"),
    "fewer prior scales": (array("scales/unit_scale_0", lambda s: s[:9]), "no 100 draws"),
}  # fmt: skip


def test_what_is_read_is_what_was_written(made_up: bd.Reference, path: Path) -> None:
    found = bd.reference(path)
    for name in ("name", "problem", "runs", "disagreement", "versions", "dataset_sha256"):
        assert getattr(found, name) == getattr(made_up, name)
    assert np.array_equal(found.X, made_up.X)
    assert np.array_equal(found.y_test, made_up.y_test)
    for name in ("parameters", "scales"):
        for key, value in getattr(made_up, name).items():
            read = getattr(found, name)[key]
            assert read.dtype == np.float32
            assert np.array_equal(read, rounded(value))
    assert found.predictive.parameters["scale"].shape == (100, 64, 1)
    assert path.stat().st_size < LIMIT


def test_rows_of_others_are_not_in_the_file(path: Path) -> None:
    assert not {"X", "y_test"} & arrays_of(path).keys()


def test_inputs_of_own_data_are_in_the_file_and_no_file_is_run(path: Path) -> None:
    """``bomb.py``, which the header names, is not even there."""
    of_own_data()(path)
    found = bd.reference(path)
    assert np.array_equal(found.X, np.ones((64, 10)))
    assert np.array_equal(found.y_test, np.ones(40))


def test_rounding_keeps_13_binary_digits() -> None:
    values = np.random.default_rng(0).normal(size=10_000).astype(np.float32)
    error = np.abs(rounded(values) / values - 1)
    assert 1e-4 < error.max() <= 2.0**-13
    assert abs(np.mean(rounded(values) - values)) < 1e-6
    assert np.array_equal(rounded(rounded(values)), rounded(values))
    assert np.array_equal(rounded(np.float32([1, -2, 0])), np.float32([1, -2, 0]))


def test_the_page_on_trust_has_the_count() -> None:
    counts = tried_and_refused("tests/references/test_reference_files.py")
    assert counts == (len(CRAFTED), len(CRAFTED))


@pytest.mark.parametrize("case", CRAFTED)
def test_a_crafted_file_is_refused_in_a_line_that_names_it(case: str, path: Path) -> None:
    damage, words = CRAFTED[case]
    path.with_name("bomb").touch()
    damage(path)
    with pytest.raises(ValueError, match=r"^.*made_up\.npz ") as raised:
        bd.reference(path)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert path.with_name("bomb").exists()


@pytest.mark.parametrize("what", ["spread of the points", "training rows", "split"])
def test_rows_that_are_chosen_in_another_way_are_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    rows = bd.ReferenceProblem.rows

    def others(problem: bd.ReferenceProblem) -> Any:
        found = rows(problem)
        if what == "training rows":
            return found._replace(X_train=found.X_train[::-1])
        if what == "split":
            return rows(replace(problem, split=1))
        return found._replace(X=found.X * (1 + 1e-5))

    monkeypatch.setattr(bd.ReferenceProblem, "rows", others)
    with pytest.raises(
        ValueError, match=r"made_up\.npz was made from other rows or inputs of diab"
    ):
        bd.reference(path)


def test_rounding_errors_of_another_machine_are_the_same_rows(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = bd.ReferenceProblem.rows
    monkeypatch.setattr(
        bd.ReferenceProblem,
        "rows",
        lambda problem: (found := rows(problem))._replace(X=np.nextafter(found.X, np.inf)),
    )
    assert bd.reference(path).name == "made_up"


def test_an_unknown_class_is_named(path: Path) -> None:
    header(problem={"type": "reference:Other"})(path)
    with pytest.raises(LookupError, match=r"made_up\.npz: .*reference:Other"):
        bd.reference(path)


def test_a_flipped_bit_is_seen_or_does_no_harm(made_up: bd.Reference, path: Path) -> None:
    content = path.read_bytes()
    for at in range(0, len(content), 1 + len(content) // 60):
        changed = bytearray(content)
        changed[at] ^= 1 << (at % 8)
        path.write_bytes(changed)
        if (found := read_or_refused(path)) is not None:
            assert np.array_equal(found.parameters["loc"], rounded(made_up.parameters["loc"]))


def read_or_refused(path: Path) -> bd.Reference | None:
    """The reference, or ``None`` if it is refused by an error that names the file."""
    try:
        return bd.reference(path)
    except ValueError as error:
        if str(error).startswith(f"{path} "):
            return None
        raise


def test_a_reference_that_would_be_too_large_is_not_written(
    made_up: bd.Reference, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    wide = {"weight_scale_0": rng.random((100, 3000)).astype(np.float32)}
    large = replace(made_up, scales=wide)
    with pytest.raises(ValueError, match=r"large\.npz would have \d+ KB, and 300 at most"):
        save(large, tmp_path / "large.npz")
    assert not list(tmp_path.iterdir())


def test_a_reference_that_would_be_a_little_too_large_is_rounded_further(
    made_up: bd.Reference, tmp_path: Path
) -> None:
    wide = np.random.default_rng(0).random((100, 1300)).astype(np.float32)
    save(replace(made_up, scales={"weight_scale_0": wide}), tmp_path / "wide.npz")
    found = bd.reference(tmp_path / "wide.npz").scales["weight_scale_0"]
    assert 2.0**-13 < np.max(np.abs(found / wide - 1)) <= 2.0**-11


def test_names_that_have_no_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="unknown reference posterior 'diabetes_studnt"):
        bd.reference("diabetes_studnt_t_ard_5")
    with pytest.raises(FileNotFoundError, match=r"there is no file nowhere\.npz"):
        bd.reference("nowhere.npz")
    text = (catalog.folder("references") / "diabetes_add_5.py").read_text()
    monkeypatch.setattr(catalog, "folder", lambda kind: tmp_path)
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(FileNotFoundError, match="nobody has made the draws of mine yet: bayesdrop"):
        bd.reference("mine")


def test_draws_of_another_problem_are_refused(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (catalog.folder("references") / "diabetes_add_5.py").read_text()
    monkeypatch.setattr(catalog, "folder", lambda kind: tmp_path)
    (tmp_path / "made_up.py").write_text(text)
    with pytest.raises(ValueError, match="has draws of another problem than made_up"):
        bd.reference("made_up")


@pytest.mark.parametrize("name", available())
def test_a_shipped_reference_keeps_what_it_promises(
    name: str, request: pytest.FixtureRequest
) -> None:
    if problem_of(name).dataset in UCI:
        request.getfixturevalue("uci_data")
    found = bd.reference(name)
    assert draws_path(name).stat().st_size <= 300_000
    assert found.problem == problem_of(name)
    assert found.predictive.n_draws == 1000
    for run in found.runs:
        assert not run.mixed.faults
        assert run.mixed.max_rhat_f < 1.01
        assert min(run.mixed.min_bulk_ess, run.mixed.min_tail_ess) > 1000
    assert type(found.runs[0].sampler) is not type(found.runs[1].sampler)
    assert set(found.disagreement) == {"mean", "sd", "q05", "q95"}
    assert max(found.disagreement.values()) <= 4
    assert {"bayesdrop", "jax", "numpyro"} <= found.versions.keys()
