"""The benchmark runner: models × inference × datasets × splits as cells, each run once.

Imports point one way:

    bayesdrop.suite, metrics  ←  run  ←  stats  ←  report  ←  run_suite
                                 run  ←  yardstick  ←  run_suite

* ``metrics.py`` has the title and the direction of every metric.
* ``run/`` turns a suite into records, one for each cell, in a results folder.
* ``stats/`` turns records into numbers: summaries, paired tests, ranks, the long table.
* ``report/`` turns those into tables, figures and pages.
* ``yardstick/`` measures how far methods are from reference posteriors.
* ``run_suite.py`` is :func:`bayesdrop.run_suite`, and all of it in one call.
"""
