"""Reports: the statistics as tables, figures and pages.

It imports ``stats`` and ``run``; only ``bayesdrop.benchmark.run_suite`` and the command line import
it. ``write.py`` writes all files.

* ``html.py`` (with ``report.html.jinja``), ``markdown.py``, ``latex.py`` and ``terminal.py`` are
  the formats.
* ``dataset_tables.py`` and ``cross_dataset_tables.py`` have the tables that all formats show.
* ``figures/`` has the pictures.
* ``numbers.py`` writes numbers; ``explanations.py`` has the texts beside them.
* ``published.py`` has published scores; ``settings.py`` lists what ran, under which versions.
"""
