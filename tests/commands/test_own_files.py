"""`fit`, `predict` and `diagnose` on files of a user's own."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import bayesdrop as bd
from bayesdrop.cli import app

LINEAR = "import bayesdrop as bd\nMODEL = bd.Model(bd.MLP(hidden=()))\n"
DRAWS = "from prior_draws import PriorDraws\nINFERENCE = PriorDraws()\n"
CHAINS = "from prior_draws import PriorDraws\nINFERENCE = PriorDraws(num_chains=4)\n"
ROWS = 40
SAMPLED = "MCLMC(num_warmup=4000, num_samples=200, num_chains=4, steps_per_draw=30) (default)"
RNG = np.random.default_rng(0)
HOUSES = pd.DataFrame(
    {
        "id": [f"h{k}" for k in range(ROWS)],
        "area": RNG.normal(100, 20, ROWS),
        "town": np.array(["bern", "aarau"])[np.arange(ROWS) % 2],
        "kind": np.array(["flat", "house", "barn"])[np.arange(ROWS) % 3],
        "price": RNG.normal(500, 50, ROWS),
    }
)
FIT = ("--model", "linear.py", "--inference", "draws.py", "--drop", "id")


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    HOUSES.to_csv("houses.csv", index=False)
    HOUSES.to_parquet("houses.parquet", index=False)
    for name, text in (("linear", LINEAR), ("draws", DRAWS), ("chains", CHAINS)):
        Path(f"{name}.py").write_text(text)


def call(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result


def fitted(target: str = "price", *more: str, data: str = "houses.csv") -> str:
    return call("fit", "--data", data, "--target", target, *FIT, *more).stdout


def test_a_fit_of_a_file_is_that_of_its_frame() -> None:
    shown = fitted()
    assert shown.startswith("data       houses.csv, 40 rows; target price (numbers)\n")
    assert "features   3: 'area', 'town', 'kind'\n" in shown
    assert "model      linear.py, Gaussian likelihood\ninference  draws.py\n" in shown
    assert shown.endswith("saved fit.nc\n")
    own = bd.fit(
        bd.Model(bd.MLP(hidden=())),
        HOUSES[["area", "town", "kind"]],
        HOUSES["price"].to_numpy(),
        bd.load("fit.nc").inference,  # type: ignore[arg-type]
        progress=False,
    )
    assert bd.load("fit.nc").feature_names == own.feature_names
    call("predict", "fit.nc", "houses.parquet", "--out", "predictions.csv")
    found, expected = (
        pd.read_csv("predictions.csv"),
        own.predict(HOUSES.drop(columns=["id", "price"])),
    )
    assert list(found) == [
        *("mean", "std", "epistemic_std", "aleatoric_std"),
        *("lower_50", "upper_50", "lower_90", "upper_90"),
    ]
    np.testing.assert_allclose(found["mean"], expected.mean, rtol=1e-6)
    np.testing.assert_allclose(found["std"], expected.std, rtol=1e-6)
    np.testing.assert_allclose(found[["lower_90", "upper_90"]].T, expected.interval(0.9), rtol=1e-5)


def test_predictions_in_parquet_with_other_intervals_and_an_identifier() -> None:
    fitted("price", "--out", "other.nc", data="houses.parquet")
    out = ("--interval", "0.8", "--keep", "id,town", "--out", "predictions.parquet")
    shown = call("predict", "other.nc", "houses.csv", *out).stdout
    assert shown.startswith("40 rows, columns id, town, mean, std, ")
    found = pd.read_parquet("predictions.parquet")
    assert list(found)[-2:] == ["lower_80", "upper_80"]
    assert list(found["id"]) == list(HOUSES["id"])
    assert {path.name for path in Path().iterdir() if path.name.startswith(".")} == set()


def test_long_files_are_predicted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted()
    call("predict", "fit.nc", "houses.csv", "--out", "whole.csv")
    import bayesdrop.commands.predictions as predictions

    monkeypatch.setattr(predictions, "_ROWS_AT_A_TIME", 7)
    call("predict", "fit.nc", "houses.csv", "--out", "parts.csv")
    whole, parts = pd.read_csv("whole.csv"), pd.read_csv("parts.csv")
    pd.testing.assert_frame_equal(whole, parts, rtol=1e-5)


@pytest.mark.parametrize(("target", "count"), [("town", 2), ("kind", 3)])
def test_text_is_classes(target: str, count: int) -> None:
    likelihood = ("--likelihood", "bernoulli" if count == 2 else "categorical")
    shown = fitted(target, *likelihood)
    assert f"target {target} ({count} classes)" in shown
    labels = sorted(set(HOUSES[target]))
    assert f"classes    {', '.join(labels)}\n" in shown
    assert bd.load("fit.nc").classes.tolist() == labels  # type: ignore[union-attr]
    level = ("--interval", "0.5", "--out", "predictions.csv")
    refused = call("predict", "fit.nc", "houses.csv", *level, code=2).stderr
    assert "--interval 0.5: fit.nc predicts classes, which have none" in refused
    call("predict", "fit.nc", "houses.csv", "--out", "predictions.csv")
    found = pd.read_csv("predictions.csv")
    names = [f"probability_{label}" for label in labels]
    assert list(found) == ["predicted_class", *names, "entropy", "mutual_information"]
    np.testing.assert_allclose(found[names].sum(axis=1), 1, rtol=1e-6)
    most = found[names].to_numpy().argmax(axis=1)
    assert found["predicted_class"].tolist() == [labels[k] for k in most]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_true_and_false_are_the_labels_of_a_fit(suffix: str) -> None:
    dear = HOUSES["price"] > 500
    frame = HOUSES.assign(dear=dear).drop(columns="price")
    getattr(frame, f"to_{suffix}")(f"houses.{suffix}", index=False)
    shown = fitted("dear", "--likelihood", "bernoulli", "--split", "0", data=f"houses.{suffix}")
    assert "classes    False, True\n" in shown
    assert "held out\n  accuracy " in shown
    posterior = bd.load("fit.nc")
    assert posterior.classes is not None
    assert posterior.classes.tolist() == [False, True]
    bd.evaluate(posterior.predict(frame[["area", "town", "kind"]]), dear)


RARE = {
    "text": (HOUSES["town"].mask(HOUSES.index == 8, "ulm"), "categorical", "y holds 'ulm', which"),
    "numbers": ((HOUSES.index == 8) + 2 * (HOUSES.index % 2), "categorical", "y holds 1, which"),
    "counts": (np.where(HOUSES.index == 8, -1, HOUSES.index), "poisson", r"no counts (-1)"),
    "a level": (HOUSES["price"], "gaussian", "column 'kind' of X holds 'loft', which no training"),
}


@pytest.mark.parametrize(("price", "likelihood", "words"), RARE.values(), ids=RARE)
def test_rows_that_can_t_be_scored_are_refused_before_the_fit(
    price: pd.Series, likelihood: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 8 is held out by split 0."""
    kind = HOUSES["kind"].mask(HOUSES.index == 8, "loft") if "loft" in words else HOUSES["kind"]
    HOUSES.assign(price=price, kind=kind).to_csv("houses.csv", index=False)
    monkeypatch.setattr(sys.modules["bayesdrop.fit"], "fit", None)
    arguments = ("--data", "houses.csv", "--target", "price", "--likelihood", likelihood)
    refused = call("fit", *arguments, *FIT, "--split", "0", code=2).stderr
    assert "split 0 holds out rows that can't be scored: " in refused
    assert words in refused
    assert refused.endswith(". Give another --split\n")


def test_rows_held_out_are_scored() -> None:
    shown = fitted("price", "--split", "3")
    assert "split 3, 4 rows held out" in shown
    assert "scores of the 4 rows held out\n  rmse " in shown
    assert bd.load("fit.nc").training.rows == 36
    assert bd.load("fit.nc").seed == 3


def test_missing_values_are_refused_or_marked() -> None:
    HOUSES.assign(area=[np.nan, *HOUSES["area"][1:]]).to_csv("houses.csv", index=False)
    refused = call("fit", "--data", "houses.csv", "--target", "price", *FIT, code=2).stderr
    assert "houses.csv: values are missing in 'area'. Give --missing indicator" in refused
    fitted("price", "--missing", "indicator")
    assert "area missing" in bd.load("fit.nc").feature_names


def test_a_file_that_defines_a_data_set() -> None:
    Path("mine.py").write_text(
        "import bayesdrop as bd\n"
        'DATASET = bd.DataFile("houses.csv", target="price", drop=("id",)).load()\n'
    )
    own = ("--model", "linear.py", "--inference", "draws.py")
    shown = call("fit", "--data", "mine.py", *own).stdout
    assert shown.startswith("data       mine.py, split 0: 36 rows to train on, 4 held out")


@pytest.mark.parametrize(
    ("target", "rows", "model", "words"),
    [
        ("price", 40, None, ("ard_add (default), Gaussian likelihood", SAMPLED)),
        ("town", 40, None, ("ard_add (default), Bernoulli likelihood", SAMPLED)),
        ("kind", 40, None, ("ard_add (default), Categorical likelihood", SAMPLED)),
        ("price", 2001, None, ("(default)", "DeepEnsemble() (default)")),
        ("price", 40, "bernoulli_ard", ("bernoulli_ard, Gaussian", "MCDropout() (default)")),
    ],
)
def test_defaults_are_said_before_the_fit(
    target: str, rows: int, model: str | None, words: tuple[str, str], monkeypatch
) -> None:
    chosen = []

    def stop(model, X, y, method, *_, **__):
        chosen.append((model, method))
        raise ValueError("enough")

    monkeypatch.setattr(sys.modules["bayesdrop.fit"], "fit", stop)
    frame = HOUSES.drop(columns="id").iloc[np.arange(rows) % ROWS]
    frame.to_parquet("houses.parquet", index=False)
    named = () if model is None else ("--model", model)
    shown = call("fit", "--data", "houses.parquet", "--target", target, *named, code=2).stdout
    assert words[0] in shown
    assert f"inference  {words[1]}\n" in shown
    assert chosen[0][1].supports(chosen[0][0]) is None


def test_diagnose_says_what_a_fit_is_and_what_is_wrong() -> None:
    call(
        *("fit", "--data", "houses.csv", "--target", "price", "--drop", "id"),
        *("--model", "linear.py", "--inference", "chains.py"),
    )
    shown = call("diagnose", "fit.nc").stdout.splitlines()
    assert shown[0] == "network    MLP(hidden=())"
    assert "inference  PriorDraws(num_chains=4), seed 0" in shown
    assert "data       40 rows of 6 numbers" in shown
    assert any(line.startswith("verdict    ") for line in shown)
    assert "draws      4 chain(s) of 20" in shown
    (advice,) = (line for line in shown if line.startswith("advice"))
    assert advice.startswith("advice     Let the chains go on by post.continue_")


def test_diagnose_of_a_method_without_chains() -> None:
    fitted()
    assert "verdict    not a sampler: no R-hat" in call("diagnose", "fit.nc").stdout


def test_diagnose_has_the_warnings_of_a_saved_fit() -> None:
    x = np.linspace(-3, 3, 60)
    pd.DataFrame({"x": x, "y": 2 * x}).to_csv("line.csv", index=False)
    Path("lazy.py").write_text(
        "import bayesdrop as bd\nINFERENCE = bd.MAP(num_steps=1, learning_rate=1e-6)\n"
    )
    call(
        *("fit", "--data", "line.csv", "--target", "y"),
        *("--model", "linear.py", "--inference", "lazy.py"),
    )
    known = bd.load("fit.nc").diagnose().warnings
    assert "explained variance" in known
    shown = call("diagnose", "fit.nc").stdout
    for words in known.values():
        assert f"warning    {words}\n" in shown


def test_a_file_that_is_not_there_is_said_before_a_fit_that_is() -> None:
    fitted()
    refused = call("fit", "--data", "house.csv", "--target", "price", code=2)
    assert "there is no file house.csv" in refused.stderr


def test_other_names_than_those_of_a_data_set_are_refused() -> None:
    Path("mine.py").write_text(
        "import numpy as np\nimport bayesdrop as bd\nR = np.random.default_rng(0)\n"
        "X = R.normal(size=(40, 2))\n"
        "DATASET = bd.Dataset('mine', X, X[:, 0], feature_names=('p', 'q'), target_name='t')\n"
    )
    call("fit", "--data", "mine.py", "--model", "linear.py", "--inference", "draws.py")
    rows = pd.DataFrame({"q": [1.0], "p": [2.0]})
    rows.to_csv("rows.csv", index=False)
    call("predict", "fit.nc", "rows.csv", "--out", "p.csv")
    rows.rename(columns=str.upper).to_csv("upper.csv", index=False)
    refused = call("predict", "fit.nc", "upper.csv", "--out", "upper_p.csv", code=2)
    assert "upper.csv lacks columns that the fit saw: 'p', 'q'" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("fit --data houses.csv", "houses.csv: say which column to predict, --target NAME"),
        ("fit --data houses.csv --target prise", "unknown column 'prise'; did you mean 'price'"),
        ("fit --data houses.csv --target price", "column 'id' is text that differs in every row"),
        ("fit --data house.csv --target price", "there is no file house.csv"),
        ("fit --data diabetes --target price", "--target and --drop are for files that end in"),
        ("fit --data a.csv.gz --target b", "end in .csv or .parquet, and a.csv.gz does not"),
        (
            "fit --data houses.csv --target town --drop id --model ard_add",
            "the target is the classes 'aarau', 'bern', and the likelihood of the model is "
            "Gaussian: give --likelihood bernoulli",
        ),
        (
            "fit --data houses.csv --target price --drop id --likelihood gauss",
            "unknown likelihood 'gauss'; did you mean 'gaussian'",
        ),
        (
            "fit --data houses.csv --target price --drop id --likelihood poisson",
            "whole numbers from 0: use bd.Gaussian() or bd.StudentT() for real numbers. Here that "
            "is --likelihood gaussian",
        ),
        ("predict fit.nc houses.csv --out p.txt", "--out p.txt: give a file that ends in .csv or"),
        ("predict fit.nc houses.csv --out nowhere/p.csv", "there is no folder nowhere"),
        ("predict fit.nc houses.csv --out p.csv --interval 90", "--interval 90: give a number"),
        ("predict fit.nc houses.csv --out p.csv --keep ids", "unknown column 'ids'; did you mean"),
        (
            "predict fit.nc other.csv --out p.csv",
            "other.csv lacks columns that the fit saw: 'kind'",
        ),
        ("predict none.nc houses.csv --out p.csv", "no file none.nc"),
        ("diagnose none.nc", "no file none.nc"),
        ("diagnose houses.csv", "houses.csv is not a netCDF file"),
    ],
)
def test_what_a_user_can_put_right_is_one_line(arguments: str, message: str) -> None:
    if "fit.nc" in arguments:
        fitted()
        HOUSES.drop(columns="kind").to_csv("other.csv", index=False)
    result = call(*arguments.split(), code=2)
    assert message in result.stderr
    assert result.stderr.splitlines()[-1].startswith("bayesdrop: ")
    assert not Path("p.csv").exists()


def test_a_fit_that_is_there_is_not_replaced_unasked() -> None:
    fitted()
    before = Path("fit.nc").read_bytes()
    refused = call("fit", "--data", "houses.csv", "--target", "price", *FIT, code=2)
    assert "fit.nc is there already: give --out fit.nc to replace it" in refused.stderr
    assert Path("fit.nc").read_bytes() == before
    fitted("price", "--seed", "1", "--out", "fit.nc")
    assert Path("fit.nc").read_bytes() != before


def test_a_failed_write_leaves_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted()
    Path("p.csv").write_text("mine")

    def full(self, path, **_):
        Path(path).write_text("half")
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    call("predict", "fit.nc", "houses.csv", "--out", "p.csv", code=2)
    assert Path("p.csv").read_text() == "mine"
    assert not list(Path().glob(".p.csv*"))
