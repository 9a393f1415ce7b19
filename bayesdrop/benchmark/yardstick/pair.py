"""A method and a reference posterior: what is run, its key, and the record of it."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from typing import Any

from bayesdrop.benchmark.run.machine import machine, source
from bayesdrop.benchmark.run.strict_json import strict_json
from bayesdrop.catalog import Entry
from bayesdrop.fit import fit
from bayesdrop.infer.base import UnsupportedModelError
from bayesdrop.progress import Progress
from bayesdrop.references.distance import distance
from bayesdrop.references.reference import Reference
from bayesdrop.spec import digest, to_dict
from bayesdrop.version import versions

PROTOCOL = 2
"""Part of every key: raise it when a pair is run or measured in another way."""

_SEED = 0

Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Pair:
    """A pair is a method, and a reference whose model and training rows it is given.

    Attributes
    ----------
    reference
        The reference posterior.
    inference
        The method's entry in the catalog, or in a file of the user's.
    """

    reference: Reference
    inference: Entry

    @property
    def unsupported(self) -> str | None:
        """Return why the method can't run the model; ``None`` if it can."""
        return self.inference.value.supports(self.reference.problem.model)

    @property
    def settings(self) -> dict[str, Any]:
        """Return all that the result depends on; :attr:`key` is its SHA-256."""
        method, model = self.inference.value, self.reference.problem.model
        return {
            "protocol": PROTOCOL,
            "reference": {"name": self.reference.name, "sha256": self.reference.sha256},
            "model": to_dict(model),
            "inference": to_dict(method),
            "revision": method.revision if self.unsupported else method.revision_for(model),
            "seed": _SEED,
            "source": self.inference.source_sha256,
        }

    @property
    def key(self) -> str:
        """Return the SHA-256 of the canonical JSON of :attr:`settings`, which names the record."""
        return digest(self.settings)

    def run(self, progress: Progress | None = None) -> Record:
        """Fit the model by the method, and measure how far its prediction is from the reference.

        The status of the record is ``"ok"``; or ``"skipped"``, with the reason, if the method can't
        run the model; or ``"failed"``, with the error.
        """
        begin = time.perf_counter()
        try:
            outcome = self._measured(progress or Progress())
        except UnsupportedModelError as error:
            outcome = {"status": "skipped", "reason": str(error)}
        except Exception as error:
            last = traceback.format_exception_only(error)[-1].strip()
            outcome = {"status": "failed", "reason": last}
        return {
            "key": self.key,
            "reference": self.reference.name,
            "inference": self.inference.name,
            **outcome,
            "seconds": time.perf_counter() - begin,
            "versions": versions(),
            "code": source(),
            "platform": machine(),
            "settings": self.settings,
        }

    def _measured(self, progress: Progress) -> dict[str, Any]:
        problem, method = self.reference.problem, self.inference.value
        rows = problem.rows()
        posterior = fit(problem.model, rows.X_train, rows.y_train, method, _SEED, progress)
        if posterior.fit.interrupted:
            raise KeyboardInterrupt
        inputs = posterior.inputs(self.reference.X)  # `predict` would warn of those off the data
        found = distance(posterior.predict_standardised(inputs, _SEED), self.reference)
        diagnostics = posterior.diagnose()
        known = {"converged": diagnostics.converged, "max_rhat_f": diagnostics.max_rhat_f}
        return {"status": "ok", "distance": strict_json(found.summary()), "diagnostics": known}
