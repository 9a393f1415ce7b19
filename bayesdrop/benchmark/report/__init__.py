"""Reports: the statistics as tables, figures and pages.

It imports ``stats`` and ``run``; only ``bayesdrop.benchmark.run_suite`` and the command line import
it. ``write.py`` writes all files.

* ``html.py`` (with ``report.html.jinja``), ``markdown.py``, ``latex.py`` and ``terminal.py`` are
  the formats.
* ``three_lines.py`` has what they begin with: what is best, what converged, what is missing.
* ``dataset_tables.py``, ``cross_dataset_tables.py`` and ``missing_table.py`` have the tables that
  all formats show, and ``legend.py`` what their marks and columns mean.
* ``pictures.py`` lists the pictures; ``figures/`` draws them.
* ``numbers.py`` writes numbers and ``words.py`` lists; ``explanations.py`` has the texts beside
  them.
* ``published.py`` has published scores; ``settings.py`` lists what ran, under which versions.
"""
