"""Running a suite: its cells are planned, run and recorded in a results folder.

It imports :mod:`bayesdrop.suite` and :mod:`bayesdrop.benchmark.metrics`, and neither ``stats`` nor
``report``. ``missing.py`` is where a run starts.

* ``plan.py`` looks up a suite's names and lists its cells; ``cell.py`` says what a cell is.
* ``record.py`` runs a cell and describes the result, by ``strict_json.py`` and ``machine.py``.
* ``worker.py`` runs the cells of one group and writes their records; ``cluster.py`` sends groups to
  Dask, whose workers do the same.
* ``store.py`` is the results folder. ``stored_files.py`` checks its files as it reads them, by
  ``json_files.py`` and ``record_fields.py``, which says what a record must hold.
* ``cost.py``, ``progress.py`` and ``status.py`` say how long a run takes and how far it is.
"""
