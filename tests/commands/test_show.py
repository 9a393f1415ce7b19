"""`bayesdrop show`: the files it writes, and its errors."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from prior_draws import PriorDraws
from typer.testing import CliRunner, Result

import bayesdrop as bd
from bayesdrop.cli import app
from bayesdrop.posterior.storage.hdf5 import CHECKSUM

OWN = "import bayesdrop as bd\nMODEL = bd.Model(bd.MLP(), bd.ARD(bd.noise.Rayleigh()))\n"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.py").write_text(OWN.replace("Rayleigh", "HalfNormal"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deep and a flat network with draws from their priors, in files."""
    folder = tmp_path_factory.mktemp("fits")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 3))
    noise = bd.noise.InverseNakagami(3.0, 3.0)
    for path, network in (("deep.nc", bd.ResNet(5, 3)), ("flat.nc", bd.MLP(hidden=(5,)))):
        model = bd.Model(network, bd.ARD(noise))
        names = ["age", "sex", "pulse"]
        fit = bd.fit(model, X, X[:, 0], PriorDraws(), progress=False, feature_names=names)
        fit.save(folder / path)
    return folder


@pytest.fixture
def fits(saved: Path) -> None:
    """Those files, in the working directory."""
    shutil.copytree(saved, ".", dirs_exist_ok=True)
    Path("other/deep.nc").write_bytes(Path("deep.nc").read_bytes())


def call(arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments.split())
    assert result.exit_code == code, result.output
    return result


def is_png(path: str) -> bool:
    return Path(path).read_bytes().startswith(b"\x89PNG")


def test_prior() -> None:
    shown = call("show prior student_t_ard mine.py --out pictures").stdout
    for name in ("density", "matrices", "functions"):
        assert is_png(f"pictures/prior-{name}.png")
        assert f"wrote pictures/prior-{name}.png" in shown


@pytest.mark.usefixtures("fits")
def test_weights() -> None:
    assert "wrote weights.png" in call("show weights deep.nc other/deep.nc").stdout
    assert is_png("weights.png")
    call("show weights deep.nc --order none --chain 0 --out elsewhere")
    assert is_png("elsewhere/weights.png")


@pytest.mark.usefixtures("fits")
def test_relevance() -> None:
    shown = call("show relevance flat.nc --out pictures").stdout
    assert "scale_mean" in shown
    assert {"age", "sex", "pulse"} <= set(shown.split())
    assert is_png("pictures/relevance-flat.png")


@pytest.mark.usefixtures("fits")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("prior ard_ad", "unknown model 'ard_ad'; did you mean 'ard_add'"),
        ("prior nowhere.py", "there is no file nowhere.py"),
        ("prior mine.py other/mine.py", "two models are called 'mine'"),
        ("prior add --out mine.py", "mine.py"),
        ("weights nowhere.nc", "no file nowhere.nc"),
        ("weights mine.py", "mine.py is not a netCDF file"),
        ("weights deep.nc flat.nc", "flat has no hidden-to-hidden matrix"),
        ("weights deep.nc --order nrm", "unknown order 'nrm'; did you mean 'norm'"),
        ("weights deep.nc --chain 7", "there is no chain 7: the fit has 1"),
        ("weights deep.nc deep.nc", "deep.nc is given twice"),
        ("relevance nowhere.nc", "no file nowhere.nc"),
        ("relevance deep.nc --interval 90", "interval must be between 0 and 1"),
    ],
)
def test_what_a_user_can_put_right_is_one_line(arguments: str, message: str) -> None:
    result = call(f"show {arguments}", code=2)
    assert message in result.stderr
    assert result.stderr.startswith("bayesdrop: ")
    assert result.stderr.count("\n") == 1
    assert not list(Path().glob("**/*.png"))


@pytest.mark.usefixtures("fits")
def test_loss() -> None:
    posterior = bd.load("deep.nc")
    losses = np.linspace(9, 1, 100)
    replace(posterior, fit=replace(posterior.fit, losses=losses)).save("svi.nc")
    shown = call("show loss svi.nc --out pictures").stdout
    assert "wrote pictures/loss.png" in shown
    assert "svi: final loss 1.162, change from the twentieth before -25.81%" in shown
    assert is_png("pictures/loss.png")
    assert "flat has no losses" in str(call("show loss svi.nc flat.nc", code=2).output)


NOISE = '''"""A noise of one's own."""
from dataclasses import dataclass

import bayesdrop as bd


@dataclass(frozen=True)
class Half(bd.noise.HalfNormal):
    pass


MODEL = bd.Model(bd.ResNet(5, 3), bd.ARD(Half(1.0)))
'''


@pytest.mark.slow
@pytest.mark.usefixtures("fits")
def test_a_fit_of_classes_of_ones_own() -> None:
    Path("own.py").write_text(NOISE)
    header = xr.open_datatree("deep.nc", engine="h5netcdf").load()
    text = header.attrs["bayesdrop"]
    noise = {"type": "noise:InverseNakagami", "shape": 3.0, "rate": 3.0}
    model = json.loads(text)["model"]
    assert model["prior"]["unit"] == noise
    model["prior"]["unit"] = {"type": "noise:Half", "scale": 1.0}
    header.attrs["bayesdrop"] = json.dumps(json.loads(text) | {"model": model})
    del header.attrs[CHECKSUM]
    header.to_netcdf("own.nc", engine="h5netcdf")
    assert "name its file with --define" in call("show weights own.nc", code=2).stderr
    assert "no file nowhere.py" in call("show weights own.nc --define nowhere.py", code=2).stderr
    assert "wrote weights.png" in call("show weights own.nc --define own.py").stdout
