"""What `predictions.parquet` leaves out where single images may not be shown (`project.disclose: aggregate`)."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from winnow.evaluation.predictions import COLUMNS, Predictions


def without_descriptions(predictions: Predictions) -> Predictions:
    """Return the predictions without further columns, each group called by the least id among its images.

    Ids stay: they are hashes, and a comparison with another commit pairs by them. Images that were one witness still
    are, so every interval can be computed from the file; only slices by a further column cannot.
    """
    table = predictions.table.select(COLUMNS)
    least = table.group_by("group").aggregate([("id", "min")])
    place = pc.index_in(table["group"], value_set=least["group"].combine_chunks())
    group = pc.if_else(pc.equal(table["group"], ""), "", least["id_min"].take(place))
    column = table.column_names.index("group")
    return replace(predictions, table=table.set_column(column, "group", group.cast(pa.string())))
