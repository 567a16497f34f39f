"""What is known about each image besides its pixels: its split, label, group, and the further columns of the labels."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.labels import Labels
from winnow.data.prepared import PreparedMeta, PreparedSplit
from winnow.errors import InputError
from winnow.evaluation.predictions import PREFIX
from winnow.models.bundle import BundleMeta


def describe_samples(splits: Mapping[str, PreparedSplit], labels: Labels) -> pa.Table:
    """Return text columns id, split, label, group and the further ones, split after split, in their order.

    Raises InputError for a further column that looks like a probability, and for an image that the labels lack.
    """
    for name in labels.further:
        if name.startswith(PREFIX):
            raise InputError(
                f"the column `{name}` of data/labels.csv begins with `{PREFIX}`, which marks probabilities",
                hint="rename it in data/labels.csv",
            )
    table = pa.concat_tables([_describe(name, split) for name, split in splits.items()])
    rows = pc.index_in(table["id"], value_set=labels.table["id"].combine_chunks())
    if rows.null_count:
        raise InputError(
            f"{rows.null_count} prepared images are not in data/labels.csv",
            hint="run `dvc repro`: prepare is out of date",
        )
    further = labels.table.select(labels.further).take(rows)
    for name in labels.further:
        table = table.append_column(name, further[name])
    return table


def require_match(bundle: BundleMeta, prepared: PreparedMeta) -> None:
    """Raise InputError unless the model was trained for these classes and pixels."""
    for what, trained, now in (
        ("classes", bundle.labels, prepared.labels),
        ("preprocessing", bundle.spec, prepared.spec),
    ):
        if trained != now:
            raise InputError(
                f"the model was trained with other {what} than data/prepared/ holds",
                hint="run `dvc repro`: train is out of date",
            )


def _describe(name: str, split: PreparedSplit) -> pa.Table:
    label_names = pa.array(split.meta.labels, pa.string())
    columns = {
        "id": pa.array(split.ids, pa.string()),
        "split": pa.array([name] * len(split), pa.string()),
        "label": label_names.take(pa.array(split.targets)),
        "group": pa.array(split.groups, pa.string()),
    }
    return pa.table(columns)
