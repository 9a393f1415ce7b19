"""Statistics of records: everything a report states, as numbers.

It imports ``run`` (records and folders), and not ``report``. ``analysis.py`` gathers all of it.

* ``folders.py`` reads results folders; ``row_names.py`` says which row a record belongs to.
* ``long_table.py`` has a line per cell and metric.
* ``overview.py`` averages over splits; ``summary.py`` has mean, deviation and standard error.
* ``paired_tests.py`` compares rows on one data set, over the splits both have.
* ``ranks.py`` and ``signed_rank.py`` compare rows across data sets.
* ``comparable.py`` says which rows may be compared, and which of them are the best.
"""
