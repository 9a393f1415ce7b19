"""Canonical JSON and digests."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import bayesdrop as bd
from bayesdrop import spec


@dataclass(frozen=True)
class Widget(spec.Spec, kind="test"):
    a: Any = None
    b: Any = None


@dataclass(frozen=True)
class Grown(spec.Spec, kind="test"):
    count: int = spec.renamed("number", 2)
    stop: Widget | None = spec.added(None)


ASKED_FOR = {
    bd.Family: ("cdf", "log_prob", "sample"),
    bd.Inference: ("run", "supports"),
    bd.Likelihood: ("parameters",),
    bd.Network: ("forward", "layers", "residual"),
    bd.Noise: ("log_density",),
    bd.Predictor: ("parameters",),
}


@pytest.mark.parametrize("base", ASKED_FOR)
def test_a_class_without_the_methods_of_its_base_is_refused_by_their_names(base: type) -> None:
    half = type(f"Half{base.__name__}", (base,), {"__module__": "mine"})
    with pytest.raises(TypeError, match="instantiate abstract class Half") as error:
        half()
    named = re.sub(".*abstract methods? ", "", str(error.value))
    assert re.findall(r"\w+", named) == list(ASKED_FOR[base])


class TestGrowth:
    def test_what_was_written_before_is_written_so_still(self) -> None:
        assert spec.canonical_json(Grown(3)) == '{"number":3,"type":"test:Grown"}'

    @pytest.mark.parametrize(
        "value", [Grown(), Grown(5), Grown(5, Widget(1)), Grown(stop=Widget())]
    )
    def test_round_trip(self, value: Grown) -> None:
        assert spec.from_dict(json.loads(spec.canonical_json(value))) == value

    def test_another_value_of_the_new_field_has_another_digest(self) -> None:
        assert spec.digest(Grown(stop=Widget())) != spec.digest(Grown())


class TestJSON:
    def test_to_dict_names_the_class(self) -> None:
        expected = {"type": "noise:Gaussian", "scale": 2.0, "mean": 0.0}
        assert spec.to_dict(bd.noise.Gaussian(2)) == expected
        likelihood = spec.to_dict(bd.Gaussian(2))
        assert likelihood == {"type": "likelihood:Gaussian", "scale": 2.0}

    def test_canonical_json_is_sorted_and_compact(self) -> None:
        text = spec.canonical_json(Widget(b=(1, "x", None, True), a={"z": 1, "y": 2.5}))
        assert text == '{"a":{"y":2.5,"z":1},"b":[1,"x",null,true],"type":"test:Widget"}'

    @pytest.mark.parametrize(
        "value",
        [
            Widget(),
            Widget(1, 2.5),
            Widget((), ((1, 2), "s")),
            Widget(Widget(True), None),
            Widget(1e-300, 0.1 + 0.2),
            Widget({"k": (1, Widget())}),
        ],
    )
    def test_round_trip(self, value: Widget) -> None:
        assert spec.from_dict(spec.to_dict(value)) == value
        assert spec.from_dict(json.loads(spec.canonical_json(value))) == value

    def test_numpy_numbers_are_numbers(self) -> None:
        plain = Widget((1, 2.0))
        assert spec.to_dict(Widget((np.int64(1), np.float64(2)))) == spec.to_dict(plain)
        assert type(spec.to_dict(np.float32(0.5))) is float
        assert type(spec.to_dict(np.int32(3))) is int

    @pytest.mark.parametrize("value", [np.ones(2), {1, 2}, object(), 1j, b"x", math.sin])
    def test_other_values_are_refused(self, value: Any) -> None:
        with pytest.raises(TypeError, match="a specification holds numbers, strings"):
            spec.canonical_json(Widget(value))

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_values_json_lacks_are_refused(self, value: float) -> None:
        with pytest.raises(ValueError, match=r"[Oo]ut of range"):
            spec.digest(Widget(value))

    def test_an_unknown_class_says_what_to_do(self) -> None:
        with pytest.raises(LookupError, match=r"'noise:Mine'.*import the module that defines it"):
            spec.from_dict({"type": "noise:Mine", "scale": 1.0})

    def test_a_shipped_name_is_taken(self) -> None:
        with pytest.raises(TypeError, match="'HalfCauchy' is already a noise of bayesdrop"):
            type("HalfCauchy", (bd.noise.Noise,), {"__module__": "mine"})
        assert spec.from_dict({"type": "noise:HalfCauchy", "scale": 1.0}) == bd.noise.HalfCauchy()


class TestDigest:
    def test_is_sha256_in_hex(self) -> None:
        assert len(spec.digest(Widget())) == 64
        assert int(spec.digest(Widget()), 16)

    def test_tells_fields_and_values_apart(self) -> None:
        different = [Widget(1), Widget(b=1), Widget("1"), Widget(True), Widget((1,)), Widget(2)]
        assert len({spec.digest(value) for value in different}) == len(different)

    @pytest.mark.parametrize(
        ("left", "right"),
        [
            (Widget((1, 2)), Widget([1, 2])),
            (Widget(1), Widget(np.int32(1))),
            (bd.noise.HalfCauchy(3), bd.noise.HalfCauchy(3.0)),
            (Widget(3), Widget(3.0)),
            (Widget(0.0), Widget(-0.0)),
            (bd.noise.Gaussian(1, 0.0), bd.noise.Gaussian(1, -0.0)),
        ],
    )
    def test_what_says_the_same_has_one_digest(self, left: spec.Spec, right: spec.Spec) -> None:
        assert spec.digest(left) == spec.digest(right)
