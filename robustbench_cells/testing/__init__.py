"""The contract suite: what must hold of every plug-in, for whoever writes one.

Our own plug-ins are tested by the same rules. Either call a function, which raises an `AssertionError` that says what
is wrong and what to do; or subclass a class, and pytest has a test for each rule::

    from robustbench_cells.testing import ArtefactContract

    class TestFading(ArtefactContract):
        artefact = Fading()

Only pytest and numpy are needed, and no plug-in has to be registered to be checked.

>>> from robustbench_cells.artefacts import ARTEFACTS
>>> check_artefact(ARTEFACTS.get("noise"))
"""

from robustbench_cells.testing.artefacts import ArtefactContract, check_artefact
from robustbench_cells.testing.baselines import BaselineContract, check_baseline
from robustbench_cells.testing.dataset_sources import DatasetSourceContract, check_dataset_source
from robustbench_cells.testing.metrics import MetricContract, check_metric
from robustbench_cells.testing.plugins import check_plugin
from robustbench_cells.testing.recipes import RecipeContract, check_recipe

__all__ = [
    "ArtefactContract",
    "BaselineContract",
    "DatasetSourceContract",
    "MetricContract",
    "RecipeContract",
    "check_artefact",
    "check_baseline",
    "check_dataset_source",
    "check_metric",
    "check_plugin",
    "check_recipe",
]
