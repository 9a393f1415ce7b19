"""Files of fits that were damaged or made up: each is refused in a sentence that says why."""

from __future__ import annotations

import json
import math
import os
import resource
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import linear
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trust_page import tried_and_refused

import bayesdrop as bd
from bayesdrop.files import temporary_path
from bayesdrop.infer.peers.catboost import SavedTrees
from bayesdrop.posterior.storage.checksum import checksum
from bayesdrop.posterior.storage.hdf5 import read_arrays
from bayesdrop.spec import to_dict

Damage = Callable[[Path], None]
SECRET = np.arange(300.0, dtype=np.float32) + 77
METHOD = linear.ExactLinear(), 1
X, Y = linear.data(rows=8, features=3)
MODEL = bd.Model(bd.MLP(()), bd.ARD(bd.noise.Rayleigh(1.0)))
OFF = {"bias_0": {"error": 0.1, "least": 0.0, "uncertainty": 0.2}}
INFO = {
    "device": "cpu",
    "num_superchains": 3,
    "excluded_chains": [{"chain": 1, "reason": "it left"}],
    "log_evidence": [-3.5, -4.0],
    "optimum": {"location": OFF, "scale": OFF},
    "more": {"of": [1, None, "any kind"]},
}


@pytest.fixture(scope="module")
def posterior() -> bd.Posterior:
    """Made up: 2 chains of 50 draws of a linear model with a scale for each of three features."""
    rng = np.random.default_rng(0)
    bound = MODEL.bind((3,), 1, "hierarchical")
    values = {
        site.name: np.abs(rng.normal(size=(2, 50, *site.shape))).astype(np.float32)
        for site in bound.sites
    }
    result = bd.WeightDraws(values, {"lp": rng.normal(size=(2, 50))})
    fit = bd.Fit(result, losses=np.arange(3.0), info=INFO)
    training = bd.TrainingData.of(X, Y, True)
    return bd.Posterior(bound, linear.ExactLinear(), 1, training, fit)


@pytest.fixture(scope="module")
def good(posterior: bd.Posterior, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "fit.nc"
    posterior.save(path)
    return path


@pytest.fixture
def path(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(good, tmp_path / "fit.nc"))


def resealed(path: Path) -> None:
    """Write the checksum of what is in the file now, as somebody would who means it."""
    texts, groups = read_arrays(path)
    with h5py.File(path, "a") as file:
        file.attrs["bayesdrop_sha256"] = checksum(texts["bayesdrop"], groups)


def inside(change: Callable[[Any], Any]) -> Damage:
    """A change of the open file, under a checksum that is left out."""

    def damage(path: Path) -> None:
        with h5py.File(path, "a") as file:
            change(file)
            del file.attrs["bayesdrop_sha256"]

    return damage


def header(**changes: Any) -> Damage:
    """Fields of the header, a dotted name for a field of a field, under a right checksum."""

    def damage(path: Path) -> None:
        with h5py.File(path, "a") as file:
            found = json.loads(file.attrs["bayesdrop"])
            for name, value in changes.items():
                if value is ...:
                    del found[name]
                else:
                    found[name] = value
            file.attrs["bayesdrop"] = json.dumps(found)
        resealed(path)

    return damage


def numbers(name: str, value: float, at: Any = ...) -> Damage:
    """Numbers of an array, under a right checksum."""

    def damage(path: Path) -> None:
        with h5py.File(path, "a") as file:
            file[name][at] = value
        resealed(path)

    return damage


def without(name: str) -> Damage:
    def delete(file: Any) -> None:
        del file[name]

    return inside(delete)


def replaced(name: str, **settings: Any) -> Damage:
    def replace(file: Any) -> None:
        del file[name]
        file.create_dataset(name, **settings)

    return inside(replace)


def external_numbers(path: Path) -> None:
    secret = path.with_name("secret")
    secret.write_bytes(SECRET.tobytes())
    shape = {"shape": (2, 50, 3, 1), "dtype": "f4"}
    replaced("values/weight_0", external=[(str(secret), 0, 1200)], **shape)(path)


def virtual_numbers(path: Path) -> None:
    secret = path.with_name("secret.h5")
    with h5py.File(secret, "w") as file:
        file["weight_0"] = SECRET.reshape(2, 50, 3, 1)
    layout = h5py.VirtualLayout(shape=(2, 50, 3, 1), dtype="f4")
    layout[...] = h5py.VirtualSource(str(secret), "weight_0", shape=(2, 50, 3, 1))

    def replace(file: Any) -> None:
        del file["values/weight_0"]
        file.create_virtual_dataset("values/weight_0", layout)

    inside(replace)(path)


def link(name: str, target: Any) -> Damage:
    def replace(file: Any) -> None:
        if name in file:
            del file[name]
        file[name] = target

    return inside(replace)


def ring(file: Any) -> None:
    file["values/again"] = file["values"]


def ring_of_roots(file: Any) -> None:
    file["training/root"] = file["/"]


def many_names(file: Any) -> None:
    for count in range(400):
        file[f"state/copy_{count}"] = file["values/weight_0"]


def no_text(file: Any) -> None:
    file.attrs["bayesdrop"] = np.arange(3)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3000])


def flipped(path: Path) -> None:
    """A bit of a number, which HDF5's own checksum finds."""
    content = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        at = file["values/weight_0"].id.get_chunk_info(0).byte_offset
    content[at + 5] ^= 1
    path.write_bytes(content)


def endless(path: Path) -> None:
    content = bytearray(path.read_bytes())
    heap = content.find(b"GCOL")
    while heap >= 0:
        content[heap + 16 : heap + 32] = bytes(16)
        heap = content.find(b"GCOL", heap + 1)
    path.write_bytes(content)


def edited(path: Path) -> None:
    """A number written by an HDF5 tool, which makes its own checksum right."""
    with h5py.File(path, "a") as file:
        file["values/weight_0"][0, 0, 0, 0] = 5


def edited_header(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file.attrs["bayesdrop"] = file.attrs["bayesdrop"].replace('"seed": 1', '"seed": 2')


NESTED = "[" * 5000 + "]" * 5000
ENDLESS: Any = to_dict(bd.Model(bd.ResNet(8, 2)))
ENDLESS["network"]["depth"] = 10**9
WEIGHTS = {"shape": (2, 50, 3, 1), "dtype": "f4"}
FILES: dict[str, tuple[Damage, str]] = {
    "numbers of another file": (external_numbers, "has values/weight_0 whose numbers are in an"),
    "a virtual array": (virtual_numbers, "has values/weight_0 whose numbers are in another file"),
    "an array of another file": (
        link("values/weight_0", h5py.ExternalLink("/etc/secret.h5", "/weight_0")),
        "has 'weight_0' that is a link to somewhere else",
    ),
    "a group of another file": (
        link("values", h5py.ExternalLink("/etc/secret.h5", "/")),
        "has 'values' that is a link to somewhere else",
    ),
    "a link in a ring": (link("values/a", h5py.SoftLink("/values/a")), "has 'a' that is a link"),
    "a group in itself": (inside(ring), "has values/again that is no array"),
    "the root in a group": (inside(ring_of_roots), "has training/root that is no array"),
    "a group of others": (link("more/x", np.arange(3)), "has 'more', which no saved fit has"),
    "an array for a group": (link("state", np.arange(3)), "has 'state' that is no group"),
    "text for numbers": (replaced("values/weight_0", data=["a"]), "that holds no numbers"),
    "numbers behind a filter": (
        replaced("values/weight_0", compression="gzip", **WEIGHTS),
        "has values/weight_0 behind a filter",
    ),
    "numbers that are not there": (
        replaced("values/weight_0", chunks=(2, 50, 3, 1), **WEIGHTS),
        "lacks numbers of values/weight_0",
    ),
    "a petabyte": (
        replaced("values/weight_0", shape=(2, 50, 10**13), dtype="f4", chunks=(2, 50, 10)),
        "lacks numbers of values/weight_0",
    ),
    "one array 400 times": (inside(many_names), "has arrays that are larger than the file"),
    "a header that is no text": (inside(no_text), "has an attribute bayesdrop that is no text"),
    "cut": (cut, "is not a netCDF file, or is damaged"),
    "a flipped bit": (flipped, "is not a netCDF file, or is damaged"),
    "an edited number": (edited, "is damaged: it holds other things than were saved"),
    "an edited header": (edited_header, "is damaged: it holds other things than were saved"),
    "a text of size 0, which HDF5 reads for ever": (endless, "is not a netCDF file, or is dam"),
    "no JSON": (inside(lambda file: file.attrs.modify("bayesdrop", "{")), "a header that is no JS"),
    "nested": (inside(lambda file: file.attrs.modify("bayesdrop", NESTED)), "a header that is no "),
    "a list": (inside(lambda file: file.attrs.modify("bayesdrop", "[]")), "header without a form"),
    "no format": (header(format=...), "has a header without a format"),
    "a later format": (header(format=3), "was written by a later bayesdrop (format 3)"),
    "an earlier format": (header(format=1), "was written by an earlier bayesdrop (format 1)"),
    "no model": (header(model=...), "has a header with a wrong model: Field required"),
    "a model in words": (header(model="all"), "has a header with a wrong model"),
    "another kind": (header(kind="Pickle"), "has a header with a wrong result"),
    "a form of others": (header(form="pickled"), "has a header with a wrong form"),
    "a seed in words": (header(seed="1"), "has a header with a wrong seed"),
    "a negative seed": (header(seed=-5), "has a header with a wrong seed"),
    "a seed without end": (header(seed=10**300), "has a header with a wrong seed"),
    "a model for a method": (
        header(inference=to_dict(MODEL)),
        "has a wrong inference: model:Model is no method",
    ),
    "a noise for a chosen method": (
        header(chosen_inference=to_dict(bd.noise.Rayleigh(1.0))),
        "has a wrong inference: noise:Rayleigh is no method",
    ),
    "three names of one output": (
        header(target={"names": ["a", "b", "c"]}),
        "3 names of outputs for 1 columns",
    ),
    "labels of numbers": (
        header(target={"names": ["a"], "classes": ["x", "y"]}),
        "labels of classes are ['x', 'y'], and the likelihood is another",
    ),
    "columns of other numbers": (
        header(columns=[{"name": "a"}, {"name": "b"}]),
        "has columns that make 2 numbers, and training rows of 3",
    ),
    "seconds that are none": (header(seconds={"run": math.nan}), "a wrong seconds.run"),
    "negative seconds": (header(seconds={"run": -1.0}), "a wrong seconds.run"),
    "gradients without end": (header(info={"gradients": 1e308}), "a wrong info.gradients"),
    "learned in words": (header(result={"learned": {"a": "b"}}), "wrong result.WeightDraws.learn"),
    "a noise for a model": (
        header(model={"type": "noise:Rayleigh", "scale": 1}),
        "has a wrong model: there is a Rayleigh in place of a Model",
    ),
    "a model of nothing": (header(model={"type": "model:Model", "code": "x"}), "has a wrong model"),
    "a model of 10⁹ layers": (
        header(model=ENDLESS),
        "depth must be at most 1000",
    ),
    "a method of wrong settings": (
        header(inference={"type": "inference:NUTS", "num_samples": -1}),
        "has a wrong spec: NUTS(num_samples=-1)",
    ),
    "passes without end": (
        header(kind="StochasticPasses", result={"num_passes": 10**30}),
        "has a header with a wrong result.StochasticPasses.num_passes",
    ),
    "commands to a terminal": (
        header(info={"excluded_chains": [{"chain": 1, "reason": "\x1b[2J"}]}),
        "has control characters in a text of its header",
    ),
    "commands in a name": (
        header(info={"\x9b2J": 1}),
        "has control characters in a text of its header",
    ),
    "no optimum": (header(info={"optimum": None}), "has a header with a wrong info.optimum"),
    "an optimum at NaN": (
        header(info={"optimum": {"location": {"a": dict(OFF["bias_0"], least=math.nan)}}}),
        "has a header with a wrong info.optimum.location.a.least",
    ),
    "an optimum below 0": (
        header(info={"optimum": {"location": {"a": dict(OFF["bias_0"], least=-math.inf)}}}),
        "has a header with a wrong info.optimum.location.a.least",
    ),
    "a loss that is NaN": (
        numbers("training/losses", math.nan),
        "has 1 number(s) in the last of training/losses that are NaN or infinite",
    ),
    "no superchains": (header(info={"num_superchains": 0}), "has a header with a wrong info.num_s"),
    "three superchains of two chains": (
        header(info={"num_superchains": 3}),
        "has 2 chains, 0 more that are left out, and 3 superchains, which do not fit",
    ),
    "a chain left out that there is not": (
        header(info={"num_superchains": 3, "excluded_chains": [{"chain": 7, "reason": "no"}]}),
        "has 2 chains, 1 more that are left out, and 3 superchains, which do not fit",
    ),
    "chains left out by name": (
        header(info={"excluded_chains": ["first"]}),
        "has a header with a wrong info.excluded_chains.0",
    ),
    "an evidence in words": (header(info={"log_evidence": "high"}), "a wrong info.log_evidence"),
    "an evidence of no runs": (header(info={"log_evidence": []}), "a wrong info.log_evidence"),
    "an optimum in words": (header(info={"optimum": "there"}), "a wrong info.optimum"),
    "an optimum of no sites": (
        header(info={"optimum": {"location": {}, "scale": {}}}),
        "a wrong info.optimum.location",
    ),
    "gradients in words": (header(info={"gradients": "many"}), "a wrong info.gradients"),
    "three names for four": (header(feature_names=["a"]), "has a model that does not fit its tra"),
    "no training rows": (without("training/X"), "lacks training/X"),
    "no training": (without("training"), "lacks 'training'"),
    "no values": (without("values"), "lacks 'values'"),
    "no scale": (without("values/unit_scale_0"), "lacks values/unit_scale_0, a variable of its"),
    "a value too many": (
        link("values/weight_9", np.zeros((2, 50, 3, 1), "f4")),
        "has values/weight_9, and its model no such variable",
    ),
    "rows of a longer type": (
        replaced("training/X", data=np.ones((8, 3), np.longdouble)),
        "has training/X of",
    ),
    "another shape": (
        replaced("values/weight_0", data=np.zeros((2, 50, 4, 1), "f4")),
        "has values/weight_0 of shape (2, 50, 4, 1), and its model (2, 50, 3, 1)",
    ),
    "fewer draws of one": (
        replaced("values/weight_0", data=np.zeros((2, 49, 3, 1), "f4")),
        "of shape (2, 4",
    ),
    "fewer statistics": (replaced("sample_stats/lp", data=np.zeros((2, 3))), "has sample_stats/lp"),
    "a number that is none": (
        numbers("values/weight_0", np.nan, (0, 0)),
        "has 3 number(s) in values/weight_0 that are NaN or infinite",
    ),
    "an infinite bias": (numbers("values/bias_0", np.inf, (0, 0)), "in values/bias_0 that are NaN"),
    "a negative scale": (
        numbers("values/unit_scale_0", -1, (0, 0)),
        "has numbers in values/unit_scale_0 that are not positive",
    ),
    "no noise": (numbers("values/noise_scale", 0), "values/noise_scale that are not positive"),
    "rows that are none": (
        numbers("training/X", np.nan, 0),
        "number(s) in training/X that are NaN",
    ),
    "a unit of 0": (numbers("training/x_scale", 0), "has training/x_scale that is not positive"),
    "a negative unit": (numbers("training/y_scale", -1), "has training/y_scale that is not positi"),
    "rows and targets": (
        replaced("training/y", data=np.zeros(5)),
        "has training rows of shapes (8, 3) and (5,), which do not fit",
    ),
    "a unit too few": (
        replaced("training/x_scale", data=np.ones(2)),
        "has training/x_scale of shape (2,), and its model (3,)",
    ),
}


def test_the_page_on_trust_has_the_count() -> None:
    assert tried_and_refused("tests/posterior/storage/test_crafted_files.py") == (
        len(FILES),
        len(FILES),
    )


@pytest.mark.parametrize("name", FILES)
def test_a_crafted_file_is_refused_in_a_sentence(path: Path, name: str) -> None:
    damage, sentence = FILES[name]
    damage(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"fit\.nc") as refused:
        bd.load(path)
    said = str(refused.value)
    assert said.startswith(f"{path} ")
    assert sentence in said
    assert "\n" not in said
    assert path.read_bytes() == before


def test_the_good_file_is_read(path: Path, posterior: bd.Posterior) -> None:
    same(bd.load(path), posterior)


def same(loaded: bd.Posterior, posterior: bd.Posterior) -> None:
    assert (loaded.model, loaded.inference, loaded.seed) == (posterior.model, *METHOD)
    assert loaded.bound == posterior.bound
    assert loaded.fit.info == posterior.fit.info
    for found, saved in (
        (loaded.draws, posterior.draws),
        (loaded.sample_stats, posterior.sample_stats),
    ):
        assert found is not None
        assert saved is not None
        assert found.keys() == saved.keys()
        assert all(np.array_equal(found[name], value) for name, value in saved.items())
    assert np.array_equal(loaded.training.X_original, posterior.training.X_original)
    assert np.array_equal(loaded.training.target, posterior.training.target)
    assert np.array_equal(loaded.fit.losses, posterior.fit.losses)


def test_files_of_before_there_were_checksums_are_read(path: Path, posterior: bd.Posterior) -> None:
    def plain(file: Any) -> None:
        for name in ("values/weight_0", "training/X"):
            content = file[name][()]
            del file[name]
            file[name] = content

    inside(plain)(path)
    with h5py.File(path) as file:
        assert not file["values/weight_0"].fletcher32
    same(bd.load(path), posterior)


def test_functions_are_read_under_a_checksum_alone(tmp_path: Path) -> None:
    """CatBoost's reader of trees is in C++, and takes whatever bytes it gets."""
    bound = bd.Model(bd.MLP((3,))).bind((3,), 1, "expanded")
    training = bd.TrainingData.of(X, Y, True)
    state = {"model_0": np.frombuffer(b"no trees", np.uint8), "noise_scale": np.ones(1)}
    draws = bd.FunctionDraws(SavedTrees(members=2), state)
    path = tmp_path / "fit.nc"
    bd.Posterior(bound, bd.CatBoost(), 1, training, bd.Fit(draws)).save(path)
    assert isinstance(bd.load(path).result, bd.FunctionDraws)
    inside(lambda file: None)(path)
    with pytest.raises(ValueError, match=r"fit\.nc has no checksum, and trees.*fit and save again"):
        bd.load(path)


def test_every_array_has_a_checksum_of_hdf5(path: Path) -> None:
    with h5py.File(path) as file:
        arrays = {f"{group}/{name}": data for group in file for name, data in file[group].items()}
        named = {name: data for name, data in arrays.items() if "CLASS" not in data.attrs}
        assert len(named) == 12
        assert all(data.fletcher32 for data in named.values())


# Random damage


def outcome(path: Path, content: bytes, posterior: bd.Posterior) -> str:
    path.write_bytes(content)
    try:
        loaded = bd.load(path)
    except (ValueError, LookupError) as error:
        return "refused" if str(error).startswith(str(path)) else f"unnamed: {error}"
    try:
        same(loaded, posterior)
    except AssertionError:
        return "silent"
    return "survived"


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_random_damage_is_refused_or_does_none(
    data: st.DataObject, path: Path, good: Path, posterior: bd.Posterior
) -> None:
    content = bytearray(good.read_bytes())
    positions = st.integers(0, len(content) - 1)
    if data.draw(st.booleans()):
        content = content[: data.draw(positions)]
    else:
        for at in data.draw(st.lists(positions, min_size=1, max_size=8)):
            content[at] = data.draw(st.integers(0, 255))
    assert outcome(path, bytes(content), posterior) in ("refused", "survived")


@pytest.mark.slow
def test_flips_and_cuts_all_over_the_file(
    path: Path, good: Path, posterior: bd.Posterior, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = good.read_bytes()
    every = range(0, len(whole), 31)
    damaged = [whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :] for at in every]
    damaged += [whole[:at] for at in range(0, len(whole), 499)]
    counts = Counter(outcome(path, content, posterior) for content in damaged)
    with capsys.disabled():
        print(f"\nfits, flipped and cut: tried {len(damaged)}, {dict(counts)}")
    assert counts.keys() <= {"refused", "survived"}
    assert path.exists()


# Writing


@pytest.mark.parametrize("left", [True, False])
def test_what_a_dead_process_left_goes(path: Path, posterior: bd.Posterior, left: bool) -> None:
    own = temporary_path(path)
    other = own.with_name(own.name.replace(str(os.getpid()), "999999999")) if left else own
    other.write_text("half a fit")
    posterior.save(path)
    assert other.exists() is not left


def test_a_full_disk_is_named(path: Path, posterior: bd.Posterior) -> None:
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in (0, 1000, len(before) - 1000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
        try:
            with pytest.raises(OSError, match=r"File too large: '.*fit\.nc'"):
                posterior.save(path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
