"""The pictures of a report: a column wide, and rows that can be told apart."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
import pytest
from matplotlib.figure import Figure

from bayesdrop.benchmark.report.figures.calibration import draw_calibration
from bayesdrop.benchmark.report.figures.column import COLUMN_STYLE
from bayesdrop.benchmark.report.figures.compute import draw_compute
from bayesdrop.benchmark.report.figures.convergence import draw_convergence
from bayesdrop.benchmark.report.figures.row_styles import row_styles
from bayesdrop.benchmark.report.figures.scores import draw_scores
from bayesdrop.benchmark.report.published import published_on
from bayesdrop.benchmark.stats.overview import Line, overview

CHAINS = {"converged": False, "max_rhat_f": 2.0, "problems": {}}


@pytest.fixture
def lines(make_record: Any) -> Any:
    """Lines of that many rows on boston, with all that pictures show."""

    def make(count: int, name: str = "row") -> Sequence[Line]:
        records = [
            make_record(
                f"{name}{k}",
                "m",
                split,
                1.0 + k + split,
                "boston",
                pit_histogram=[0.04 + 0.001 * k, 0.06 - 0.001 * k] * 10,
                diagnostics=CHAINS if k == 0 else {},
                info={"gradients": 10.0 ** (k % 5 + 1)},
            )
            for k in range(count)
            for split in range(2)
        ]
        return overview(records)["boston"]

    return make


@pytest.mark.parametrize("count", [2, 7, 8, 30])
def test_no_two_rows_have_one_colour(lines: Any, count: int) -> None:
    styles = row_styles(lines(count)).values()
    assert len({style.colour for style in styles}) == count
    assert len({style.shape or style.number for style in styles}) == count
    assert all(bool(style.number) == (count > 7) for style in styles)


def test_many_curves_have_numbers_that_the_legend_explains(lines: Any) -> None:
    found = lines(9)
    figure = draw_calibration(found, row_styles(found))
    assert figure is not None
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[0] == "1 row0 × m°"
    assert names[8] == "9 row8 × m"
    for axes in figure.axes:
        assert {text.get_text() for text in axes.texts} == {str(k) for k in range(1, 10)}


def test_few_curves_have_shapes(lines: Any) -> None:
    found = lines(3)
    figure = draw_calibration(found, row_styles(found))
    assert figure is not None
    assert not figure.axes[0].texts
    curves = [curve for curve in figure.axes[0].lines if curve.get_label()[0] != "_"]
    assert [curve.get_marker() for curve in curves] == ["o", "s", "D"]


def test_names_stand_beside_the_dots_of_compute(lines: Any) -> None:
    figure = draw_compute(lines(9))
    for axes in figure.axes:
        names = [text.get_text() for text in axes.texts]
        assert names == ["row0 × m°", *(f"row{k} × m" for k in range(1, 9))]
        heights = [text.get_position()[1] for text in axes.texts]
        assert heights == sorted(heights)
        assert len(set(heights)) == 9
    dots = figure.axes[0].lines
    assert [dot.get_markerfacecolor() for dot in dots[:2]] == ["white", dots[0].get_color()]


def test_methods_that_count_no_gradients_have_one_panel(make_record: Any) -> None:
    assert len(draw_compute(overview([make_record("a", "m")])["d"]).axes) == 1


@pytest.mark.parametrize(("count", "name"), [(1, "a"), (12, "a_model_of_a_very_long_name_" * 2)])
def test_every_picture_is_a_column_wide_and_has_room(lines: Any, count: int, name: str) -> None:
    found = lines(count, name)
    pictures: dict[str, Callable[[], Figure | None]] = {
        "scores": lambda: draw_scores(found, published_on("boston")),
        "calibration": lambda: draw_calibration(found, row_styles(found)),
        "compute": lambda: draw_compute(found),
        "convergence": lambda: draw_convergence(found),
    }
    with warnings.catch_warnings(), matplotlib.rc_context(COLUMN_STYLE):
        warnings.simplefilter("error")  # a layout that collapses
        for shown, draw in pictures.items():
            figure = draw()
            assert figure is not None
            assert figure.get_figwidth() == 3.25
            figure.draw_without_rendering()
            for axes in figure.axes:
                assert axes.get_window_extent().width > 0.35 * figure.bbox.width, shown


def test_published_scores_are_beside_ours(lines: Any) -> None:
    rmse, nll = draw_scores(lines(2), published_on("boston")).axes
    names = [label.get_text() for label in rmse.get_yticklabels()]
    assert names[:3] == ["row0 × m°", "row1 × m", "Dropout (poster)"]
    assert "DVI" not in names
    assert "DVI" in [label.get_text() for label in nll.get_yticklabels()]
    alone = draw_scores(lines(2)).axes[0]
    assert [label.get_text() for label in alone.get_yticklabels()] == names[:2]
