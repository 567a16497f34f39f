"""How well a model does in the parts of the test set that the further columns of the labels make."""

import numpy as np

from winnow.config import read_section
from winnow.disclosure import Disclosure
from winnow.errors import InputError
from winnow.evaluation.predictions import Predictions
from winnow.gate_config import GateConfig
from winnow.project import Project
from winnow.records import Count, NotAvailable, Record
from winnow.stats.groups import group_samples
from winnow.stats.intervals import stratified_shares
from winnow.verdict.record.evidence import Estimate
from winnow.verdict.sides.reading import read_working_tree

LEAST_IMAGES = 5
"""A share of fewer images tells nothing, and may tell of a person."""
MAX_VALUES = 20


class Subgroup(Record):
    """The test images with one value in a column."""

    column: str
    value: str
    num_images: Count
    accuracy: Estimate


def find_subgroups(project: Project, disclosure: Disclosure, confidence: float) -> list[Subgroup] | NotAvailable:
    """Return the accuracy by the values of `gate.subgroup_columns`, the lowest first within a column."""
    columns = list(dict.fromkeys(read_section(project, "gate", GateConfig).subgroup_columns))
    if not columns:
        return NotAvailable(not_available="gate.subgroup_columns names none")
    if not disclosure.may_show_ids:
        return NotAvailable(not_available="project.disclose is aggregate")
    try:
        predictions = read_working_tree(project).predictions
    except InputError as error:
        return NotAvailable(not_available=error.message.replace(f"{project.root}/", ""))
    if isinstance(predictions, NotAvailable):
        return predictions
    test = predictions.of_split("test")
    return [each for column in columns if column in test.further for each in _of_column(test, column, confidence)]


def _of_column(test: Predictions, column: str, confidence: float) -> list[Subgroup]:
    values, strata = np.unique(np.array(test.column(column)), return_inverse=True)
    groups = group_samples(test.column("group"))
    shares = stratified_shares(test.decisions.correct, strata, len(values), groups, confidence)
    found = []
    for place, value in enumerate(values):
        size = int(shares.size[place])
        if size >= LEAST_IMAGES:
            low, high = (None if np.isnan(each[place]) else float(each[place]) for each in (shares.low, shares.high))
            accuracy = Estimate(value=float(shares.value[place]), low=low, high=high)
            found.append(Subgroup(column=column, value=str(value), num_images=size, accuracy=accuracy))
    return sorted(found, key=lambda each: (each.accuracy.value, each.value))[:MAX_VALUES]
