"""Published numbers are as the poster and the literature print them."""

from __future__ import annotations

from bayesdrop.benchmark.published import PUBLISHED, published_on

ROWS = {row.row: row for row in PUBLISHED}


def test_the_poster_as_printed() -> None:
    ours = ROWS["ARD-ADD (poster)"]
    assert str(ours.rmse["yacht"]) == ".604 ± .16"
    assert (ours.rmse["yacht"].value, ours.rmse["yacht"].spread) == (0.604, 0.16)
    assert str(ours.average_rank) == "2.0 ± 1.1"
    assert "MAE per draw" in ours.caveat
    assert str(ROWS["Dropout (poster)"].rmse["concrete"]) == "4.50 ± .18"


def test_log_likelihoods_are_negated() -> None:
    rerun = ROWS["MC dropout (2018 rerun)"]
    assert rerun.nll["yacht"].value == 1.25
    assert rerun.nll["naval"].value == -4.45
    assert str(rerun.nll["kin8nm"]) == "-1.14"
    assert rerun.nll["yacht"].spread is None


def test_rows_of_a_data_set() -> None:
    assert len(published_on("boston")) == 10
    assert [row.row for row in published_on("naval")] == [row.row for row in PUBLISHED[6:]]
    assert published_on("diabetes") == []
