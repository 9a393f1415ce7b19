"""Real data that scikit-learn ships: a regression set and three of classes."""

from __future__ import annotations

from functools import partial
from typing import Any

from bayesdrop.data.corruptions import rotated
from bayesdrop.data.embedded import EmbeddedSet, Shipped
from bayesdrop.data.splits import stratified_split


def _bunch(loader: str, **options: bool) -> Any:
    from sklearn import datasets

    return getattr(datasets, loader)(**options)


def _diabetes() -> Shipped:
    bunch = _bunch("load_diabetes", scaled=False)
    names = (
        "age",
        "sex",
        "body mass index",
        "average blood pressure",
        "total cholesterol",
        "low-density lipoproteins",
        "high-density lipoproteins",
        "total cholesterol / HDL",
        "log triglycerides",
        "blood sugar",
    )
    return Shipped(bunch.data, bunch.target, names)


def _classes(loader: str) -> Shipped:
    bunch = _bunch(loader)
    return Shipped(bunch.data, bunch.target, tuple(map(str, bunch.feature_names)))


def _digits() -> Shipped:
    bunch = _bunch("load_digits")
    return Shipped(bunch.images[..., None], bunch.target, ("grey",))


SCIKIT_LEARN_SETS = (
    # Efron, Hastie, Johnstone & Tibshirani (2004), "Least Angle Regression"
    # https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html
    EmbeddedSet(
        name="diabetes",
        description=(
            "disease progression of 442 diabetes patients after one year (needs no download)"
        ),
        licence="none stated",
        package="sklearn",
        read=_diabetes,
        target_name="disease progression after one year (no unit)",
        sha256="e9c1f7559552854a24dc45b41c446ce5f79f96e5da081bcce24b57492720b3f7",
    ),
    # Street, Wolberg & Mangasarian (1993), "Nuclear feature extraction for breast tumor diagnosis"
    # https://archive.ics.uci.edu/dataset/17
    EmbeddedSet(
        name="breast_cancer",
        description="diagnosis of 569 breast tumours, 2 classes (30 features, needs no download)",
        licence="CC BY 4.0",
        package="sklearn",
        read=partial(_classes, "load_breast_cancer"),
        target_name="diagnosis: 0 malignant, 1 benign",
        sha256="cdd5f37c36cbdfc2e5ee074cec7540fac54340874afb25917a673e446270d0d0",
    ),
    # Aeberhard, Coomans & de Vel (1992), "Comparison of classifiers in high dimensional settings"
    # https://archive.ics.uci.edu/dataset/109
    EmbeddedSet(
        name="wine_cultivars",
        description="cultivar of 178 Italian wines, 3 classes (13 features, needs no download)",
        licence="CC BY 4.0",
        package="sklearn",
        read=partial(_classes, "load_wine"),
        target_name="cultivar: 0, 1 or 2",
        sha256="c7e84e8e03b2b5a354287416d84d08945318450658a22a63c39973d8306c2ca4",
    ),
    # Alpaydin & Kaynak (1998), the test part of "Optical recognition of handwritten digits"
    # https://archive.ics.uci.edu/dataset/80
    EmbeddedSet(
        name="digits",
        description="1797 handwritten digits of 8 × 8 pixels, 10 classes (needs no download)",
        licence="CC BY 4.0",
        package="sklearn",
        read=_digits,
        target_name="digit: 0 to 9",
        sha256="f19a7d92591ca0a1ffc65ec172e8149afdff995e0d2c4cb0afd151f38471ff90",
        n_splits=5,
        splitter=stratified_split,
    ),
    EmbeddedSet(
        name="digits_rotated",
        description="the digits, those to test on turned by 30 degrees (needs no download)",
        licence="CC BY 4.0",
        package="sklearn",
        read=_digits,
        target_name="digit: 0 to 9",
        sha256="229e788955f90323a06c78c828916939c8ae6b864cebdee6a0cdb5fc9617dd2c",
        n_splits=5,
        splitter=stratified_split,
        shift=partial(rotated, degrees=30),
    ),
)
