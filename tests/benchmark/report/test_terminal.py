"""The report's table on the terminal, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest

from bayesdrop.benchmark.report.terminal import print_report


def test_the_table_on_the_terminal(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_report(results)
    shown = " ".join(capsys.readouterr().out.split())
    for part in (
        "a nuts° 1 of 2 2.25 50 % 3 4.0 ± 1.0 3.0 ± 1.0",
        "° On some splits this fit had not converged.",
        "° a × nuts: R-hat of f(x) on 1, divergences on 1 (1 of 2 splits)",
    ):
        assert part in shown
    assert "skipped: b × m, d, split 0, 1: too wide" in shown
    assert "failed: b × nuts, d, split 0: E: broke" in shown


@pytest.mark.parametrize(
    ("width", "is_narrow"), [(60, True), (80, True), (120, True), (200, False)]
)
def test_numbers_stay_whole_on_a_narrow_terminal(
    results: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    is_narrow: bool,
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    print_report(results)
    shown = capsys.readouterr().out
    assert "…" not in shown
    assert "4.0 ± 1.0" in shown
    assert ("too narrow for" in shown) == is_narrow
