"""The nine UCI sets, where their files are: hashes, columns and every published split."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bayesdrop.data import dataset_names, load_dataset, verify
from bayesdrop.data.uci import UCI_SETS

FOLDERS = {source.name: source.folder for source in UCI_SETS}
SHAPES = {
    "boston": (506, 13),
    "concrete": (1030, 8),
    "energy": (768, 8),
    "kin8nm": (8192, 8),
    "naval": (11934, 16),
    "power": (9568, 4),
    "protein": (45730, 9),
    "wine": (1599, 11),
    "yacht": (308, 6),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_published_split_is_reproduced(uci_data: Path, name: str) -> None:
    published_at = uci_data / "splits.json"
    if not published_at.is_file():
        pytest.skip(f"{published_at} is not part of the download; test_dataset.py has its digests")
    published = json.loads(published_at.read_text())[FOLDERS[name]]
    dataset = load_dataset(name)
    assert len(dataset.y) == published["rows"]
    assert dataset.n_splits == published["n_splits"]
    splits = [dataset.split(k) for k in range(dataset.n_splits)]
    digests = [
        hashlib.sha256(",".join(map(str, split.test_index)).encode()).hexdigest()[:16]
        for split in splits
    ]
    assert digests == published["test_index_sha256_16"]
    assert {len(split.y_test) for split in splits} == {published["n_test"]}
    assert splits[0].test_index[:5].tolist() == published["split0_first_test_rows"]


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_names_and_hash(uci_data: Path, name: str) -> None:
    dataset = load_dataset(name)
    content = (uci_data / FOLDERS[name] / "data.txt").read_bytes()
    assert dataset.name == name
    assert dataset.X.shape == SHAPES[name]
    assert dataset.y.shape == SHAPES[name][:1]
    assert len(set(dataset.feature_names)) == SHAPES[name][1]
    assert dataset.target_name.endswith(")")
    assert dataset.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", SHAPES)
def test_the_page_counts_tied_targets(uci_data: Path, name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith(f"| {name} | "))
    rows, distinct, share = (cell.strip() for cell in row.strip("|").split("|")[1:])
    counts = np.unique(load_dataset(name).y, return_counts=True)[1]
    assert (rows, distinct) == (f"{counts.sum():,}", f"{len(counts):,}")
    assert float(share.rstrip(" %")) == pytest.approx(
        100 * counts.max() / counts.sum(), rel=0.2, abs=0.05
    )


@pytest.mark.parametrize("name", SHAPES)
def test_columns_are_those_of_the_index_files(uci_data: Path, name: str) -> None:
    folder = uci_data / FOLDERS[name]
    if not (folder / "index_features.txt").is_file():
        pytest.skip("the index files are not part of the download")
    table = np.loadtxt(folder / "data.txt")
    features = np.loadtxt(folder / "index_features.txt", dtype=int)
    target = int(np.loadtxt(folder / "index_target.txt"))
    dataset = load_dataset(name)
    np.testing.assert_array_equal(dataset.X, table[:, features])
    np.testing.assert_array_equal(dataset.y, table[:, target])


def test_naval_predicts_the_compressor_and_drops_the_turbine(uci_data: Path) -> None:
    naval = load_dataset("naval")
    assert (naval.y.min(), naval.y.max()) == (0.95, 1.0)
    constant = [
        name
        for name, column in zip(naval.feature_names, naval.X.T, strict=True)
        if np.ptp(column) == 0
    ]
    assert constant == ["compressor inlet air temperature", "compressor inlet air pressure"]
    assert naval.feature_names[-1] == "fuel flow"


def test_loading_and_verifying_write_nothing(
    uci_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(uci_data / "yacht", tmp_path / "yacht")
    monkeypatch.setenv("BAYESDROP_DATA", str(tmp_path))

    def state() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.rglob("*")]}

    before = state()
    assert load_dataset("yacht").y[0] == 0.11
    assert verify(["yacht", "boston"]) == {"yacht": "ok", "boston": "missing"}
    assert state() == before


@pytest.mark.slow
def test_verify_uci_covers_all_nine(uci_data: Path) -> None:
    assert verify("uci") == dict.fromkeys(SHAPES, "ok")
    assert verify() == dict.fromkeys(dataset_names(), "ok")
