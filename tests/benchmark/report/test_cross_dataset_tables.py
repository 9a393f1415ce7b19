"""Tables over all data sets, in Markdown and LaTeX."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from bayesdrop.benchmark.report.cross_dataset_tables import (
    cross_dataset_table,
    published_rows,
    rank_note,
    signed_rank_table,
)
from bayesdrop.benchmark.report.html import html
from bayesdrop.benchmark.report.latex import escaped, latex
from bayesdrop.benchmark.report.latex import label as label_of
from bayesdrop.benchmark.report.markdown import markdown
from bayesdrop.benchmark.report.pictures import Pictures
from bayesdrop.benchmark.report.write import write_report
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import Analysis, analyse
from bayesdrop.suite import Suite

ERRORS = {"Low": 1.0, "High_5%": 3.0, "Part": 0.5}
DATASETS = ("boston", "yacht", "d")


@pytest.fixture
def analysis(tmp_path: Path, make_record) -> Analysis:
    """Three rows on three data sets, of which one lacks a split and has failed on a data set."""
    store = Store(tmp_path / "results")
    rows = {label: (f"model{k}", "m") for k, label in enumerate(ERRORS)}
    store.open("mine", Suite(datasets=DATASETS, splits=2, rows=rows))
    for dataset in DATASETS:
        for k, (label, error) in enumerate(ERRORS.items()):
            for split in range(2):
                record = make_record(f"model{k}", "m", split, error + split, dataset)
                if label == "High_5%" and dataset == "d":
                    chains = {"converged": False, "max_rhat_f": 2.0, "problems": {}}
                    record |= {"diagnostics": chains}
                if label == "High_5%" and dataset == "yacht" and split == 0:
                    record["info"] = {"excluded_chains": [{"chain": 3}]}
                if label == "Part" and dataset == "d":
                    record |= {"status": "failed", "error": {"type": "E", "message": "broke"}}
                if label == "Part" and dataset == "yacht" and split == 1:
                    continue
                store.write(record)
    return analyse(store.folder)


def test_cells_say_what_they_lack_and_the_best_has_every_split(analysis: Analysis) -> None:
    rows, best = cross_dataset_table(analysis, "rmse")
    low, high, part = rows
    assert low == {
        "row": "Low",
        "converged": "–",
        "max R-hat f(x)": "–",
        "rows > 1.05": "–",
        "diverg.": "–",
        "boston (2)": "1.50 ± 0.50",
        "d (2)": "1.50 ± 0.50",
        "yacht (2)": "1.50 ± 0.50§",
        "average rank": "1.0 ± 0.0 of 2",
    }
    assert list(low)[:5] == ["row", "converged", "max R-hat f(x)", "rows > 1.05", "diverg."]
    assert (high["d (2)"], high["max R-hat f(x)"]) == ("3.50 ± 0.50°", "2")
    assert high["converged"] == "0 of 2"
    assert (high["yacht (2)"], high["boston (2)"]) == ("3.50 ± 0.50†", "3.50 ± 0.50")
    assert (part["boston (2)"], part["d (2)"], part["yacht (2)"]) == (
        "1.00 ± 0.50",
        "2 failed",
        "0.5000 (1 split)",
    )
    assert part["average rank"] == "–"
    assert best == {(2, "boston (2)"), (0, "d (2)"), (0, "yacht (2)")}


def test_ranks_and_the_signed_rank_test_are_of_complete_rows(analysis: Analysis) -> None:
    assert "over boston, d and yacht." in rank_note(analysis, "rmse")
    assert "have no rank: Part." in rank_note(analysis, "rmse")
    (first, second) = signed_rank_table(analysis)
    names = "High_5%°", "Low"
    assert (first["row"], first["against"], first["metric"]) == (*names, "RMSE")
    assert second["metric"] == "NLL"
    assert float(first["the other is"]) > 0.8
    assert float(first["row is lower"]) < 0.2


def test_the_spread_of_ranks_is_taken_as_the_poster_takes_it(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    store.open("mine", Suite(("a", "b"), ("m",), DATASETS, 1))
    for dataset, lower in zip(DATASETS, "aab", strict=True):
        for model in "ab":
            store.write(make_record(model, "m", 0, 1.0 + (model != lower), dataset))
    table, _ = cross_dataset_table(analyse(store.folder), "rmse")
    assert [row["average rank"] for row in table] == ["1.3 ± 0.5 of 2", "1.7 ± 0.5 of 2"]


def test_rows_are_in_the_order_of_the_suite(tmp_path: Path, make_record) -> None:
    store = Store(tmp_path / "results")
    rows = {"First": ("a", "m"), "Second": ("b", "m")}
    store.open("mine", Suite(datasets=("d", "e"), splits=1, rows=rows))
    store.write(make_record("b", "m", dataset="d"))
    for model in "ab":
        store.write(make_record(model, "m", dataset="e"))
    table, _ = cross_dataset_table(analyse(store.folder), "rmse")
    assert [row["row"] for row in table] == ["First", "Second"]


def test_a_summary_of_every_score_with_its_chains(analysis: Analysis) -> None:
    summary = analysis.summary.set_index(["dataset", "row", "metric"])
    assert summary.loc[("boston", "Low", "rmse"), ["n", "mean", "se"]].tolist() == [2, 1.5, 0.5]
    assert summary.loc[("d", "High_5%", "nll"), "max_rhat_f"] == 2.0
    assert ("d", "Part", "rmse") not in summary.index


def test_published_rows_are_beside_and_not_among_them(analysis: Analysis) -> None:
    rows = {row["row"]: row for row in published_rows(analysis, "rmse")}
    assert rows["ARD (poster)‡"]["boston (2)"] == "2.158 ± .20"
    assert rows["ARD (poster)‡"]["d (2)"] == "–"
    assert rows["ARD (poster)‡"]["average rank"] == "3.0 ± 1.1 of 6"
    assert rows["Deep ensembles"]["average rank"] == "–"
    assert "DVI" in {row["row"] for row in published_rows(analysis, "nll")}


def test_markdown_has_them_all(analysis: Analysis) -> None:
    text = markdown(analysis)
    assert (
        "| row | converged | max R-hat f(x) | rows > 1.05 | diverg. | boston (2) | d (2) |" in text
    )
    scores = "1.50 ± 0.50 | **1.50 ± 0.50** | **1.50 ± 0.50§** | 1.0 ± 0.0 of 2 |"
    assert f"| Low | – | – | – | – | {scores}" in text
    assert "| *Dropout (poster)* | – | – | – | – | 2.80 ± .13 | – | .66 ± .06 |" in text
    assert "These average ranks are over boston, d and yacht." in text
    assert text.count("Published rows are as printed") == 2
    assert "| Part | – |" in text.split("## d\n")[1].split("## yacht")[0]


def test_latex_has_what_a_paper_needs(analysis: Analysis) -> None:
    text = latex(analysis)
    assert text.count("\\begin{tabular}{lrrrrrr}") == 2
    assert "Low & -- & -- & 1.50 $\\pm$ 0.50 & \\textbf{1.50 $\\pm$ 0.50}" in text
    assert "\\textbf{1.50 $\\pm$ 0.50$^\\S$}" in text
    assert "High\\_5\\% & " in text
    assert "3.50 $\\pm$ 0.50$^\\circ$" in text
    assert text.count("{") == text.count("}")
    assert "\\textit{ARD (poster)$^\\ddagger$} & -- & -- & 2.158 $\\pm$ .20" in text
    assert text.count("It is the mean absolute error of single draws") == 1  # by NLL there is none


def test_a_caption_is_short_and_the_notes_are_below_the_table(analysis: Analysis) -> None:
    captions = re.findall(r"\\caption\{(.*)\}", latex(analysis))
    assert len(captions) == 2
    assert all(len(caption.replace("$\\pm$", "±").split()) <= 25 for caption in captions)
    first, _ = latex(analysis).split("\\end{table}")[:2]
    above, below = first.split("\\end{tabular}")
    assert "\\label{tab:mine-rmse}" in above
    assert "\\footnotesize" in below
    marks = ("$^\\circ$ On some", "$^\\S$ A row", "(n splits) This row")
    for note in (*marks, "converged: The number"):
        assert note in below
        assert note not in above


def test_a_label_has_letters_digits_and_dashes_alone() -> None:
    assert label_of("poster + my_peers", "nll") == "tab:poster-my-peers-nll"


def undrawn(analysis: Analysis) -> Pictures:
    """No pictures: they take time."""
    return Pictures({}, {}, {name: [] for name in analysis.lines}, None)


def test_published_rows_can_be_left_out(analysis: Analysis) -> None:
    page = html(analysis, (), undrawn(analysis))
    for text in (markdown(analysis, ()), latex(analysis, ()), page):
        assert "Low" in text
        assert not re.search(r"\(poster|Published|PBP|‡|ddagger", text)


def test_p_values_are_in_the_appendix_alone(analysis: Analysis) -> None:
    body, appendix = markdown(analysis).split("## Appendix: tests")
    assert "| p |" in appendix
    assert "| p |" not in body
    assert "Bayesian signed-rank" in appendix
    assert "small p-value" in body
    body, appendix = html(analysis, pictures=undrawn(analysis)).split('id="appendix"')
    assert ">p</button>" in appendix
    assert ">p</button>" not in body


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a_b & 5%", r"a\_b \& 5\%"), ("-1.2 ± .3", r"$-$1.2 $\pm$ .3"), ("ARD-ADD", "ARD-ADD")],
)
def test_escapes(text: str, expected: str) -> None:
    assert escaped(text) == expected


@pytest.mark.slow
def test_everything_is_written(analysis: Analysis, tmp_path: Path, make_record) -> None:
    """Nemenyi's test, and so its diagram, is for three rows or more."""
    pictures = {"ranks-rmse.png", "ranks-nll.png"}
    names = {path.name for path in write_report(tmp_path / "results")}
    assert {"signed-rank.csv", "tables.tex"} <= names
    assert not pictures & names
    assert "Nemenyi" not in (tmp_path / "results" / "report.md").read_text()
    for dataset, split in itertools.product(DATASETS, range(2)):
        store = Store(tmp_path / "results")
        store.write(make_record("model2", "m", split, 0.5 + split, dataset))
    assert pictures <= {path.name for path in write_report(tmp_path / "results")}
    assert "Nemenyi" in (tmp_path / "results" / "report.md").read_text()
