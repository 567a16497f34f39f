"""The base's model asked again, about test images that came after it: otherwise only the shared ones could be compared.

Where anything is missing for that, the comparison goes on with the shared images and says why.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.contents import read_contents
from winnow.data.parts import list_parts
from winnow.errors import InputError, WinnowError
from winnow.evaluation.predictions import COLUMNS, Predictions, collect
from winnow.files import disk_errors, fresh_folder
from winnow.logs import logger
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.verdict.sides.contender import Contender
from winnow.verdict.sides.exported_model import ask_file
from winnow.verdict.sides.former_model import ask

# Images that the base has answered for already: asked again, it must say the same.
_NUM_WITNESSES = 8
_TOLERANCE = 0.02
_HINT = "the comparison on shared images needs no model"


def complete(project: Project, base: Contender, head: Contender, *, rescore: bool) -> Contender:
    """Return the base with predictions for those of the head's test images that came after it.

    Images that either model trained on or chose its epoch by are not asked for. Without `rescore`, and where nothing is
    missing, that is the base as it is; where its model cannot be asked, with a note that says why.
    """
    wanted = _unseen(base, head) if rescore else []
    if not wanted or base.side.commit is None:
        return base
    logger.info("asking the model of %s about %d test images that are new since", base.name, len(wanted))
    work = fresh_folder(project.scratch / "rescoring")
    try:
        witnesses = _witnesses(base)
        if _write_images(project, [*wanted, *witnesses], work / "images").isdisjoint(wanted):
            raise InputError("none of them is on this disk (dvc pull data/images.dvc)", hint=_HINT)
        return _answered(project, base, head, wanted, work)
    except WinnowError as error:
        said = f"test images that are new since {base.name}: {len(wanted)}; its model was not asked: {error.message}"
        return replace(base, notes=(*base.notes, said))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _answered(project: Project, base: Contender, head: Contender, wanted: Sequence[str], work: Path) -> Contender:
    """Ask the exported file; where there is none, or it contradicts what is stored, the bundle under its own code."""
    assert base.side.commit is not None, "whoever has no commit is not asked"
    try:
        return _merged(base, head, ask_file(project, base.side.commit, work / "images", work), wanted)
    except WinnowError as error:
        logger.debug("the exported model of %s was not asked: %s", base.name, error.message)
    return _merged(base, head, ask(project, base.side.commit, work / "images", work), wanted)


def _unseen(base: Contender, head: Contender) -> list[str]:
    if isinstance(head.predictions, NotAvailable) or isinstance(base.rows, NotAvailable):
        return []
    ids = head.predictions.of_split("test").table["id"].combine_chunks()
    seen = [base.ids_of("train"), base.ids_of("val"), head.ids_of("train"), *_predicted_ids(base)]
    unseen: list[str] = ids.filter(pc.invert(pc.is_in(ids, value_set=pa.concat_arrays(seen)))).to_pylist()
    return unseen


def _predicted_ids(base: Contender) -> list[pa.Array]:
    return [base.predictions.table["id"].combine_chunks()] if isinstance(base.predictions, Predictions) else []


def _witnesses(base: Contender) -> list[str]:
    return [image for ids in _predicted_ids(base) for image in ids[:_NUM_WITNESSES].to_pylist()]


def _write_images(project: Project, ids: Sequence[str], folder: Path) -> set[str]:
    """Write the images that lie on this disk, a file each, and return their ids; one part is in memory at a time."""
    found: set[str] = set()
    with disk_errors(folder):
        folder.mkdir()
        for part in list_parts(project.images):
            for image, content in read_contents([part], ids).items():
                # Thrown away in a minute: nobody waits for the disk.
                (folder / image).write_bytes(content)
                found.add(image)
    return found


def _merged(base: Contender, head: Contender, fresh: Predictions, wanted: Sequence[str]) -> Contender:
    """Return the base with the fresh predictions of the wanted images beside its own."""
    tables, probabilities = [], []
    if isinstance(base.predictions, Predictions):
        fresh = _in_order(fresh, base.predictions.classes)
        _require_same_answers(base.predictions, fresh)
        tables.append(base.predictions.table.select(COLUMNS))
        probabilities.append(base.predictions.probabilities)
    assert isinstance(head.predictions, Predictions)
    rows = np.flatnonzero(pc.is_in(fresh.table["id"], value_set=pa.array(wanted, pa.string())))
    known = head.predictions.table
    place = pc.index_in(fresh.table["id"].take(pa.array(rows)), value_set=known["id"].combine_chunks())
    tables.append(known.select(COLUMNS).take(place.combine_chunks()))
    probabilities.append(fresh.probabilities[rows])
    missing = len(wanted) - len(rows)
    note = f"test images that are new since {base.name} and not on this disk, or refused by its code: {missing}"
    return replace(
        base,
        side=base.side if isinstance(base.predictions, Predictions) else base.side.model_copy(update={"source": "dvc"}),
        predictions=collect(pa.concat_tables(tables), np.concatenate(probabilities), fresh.classes),
        rescored=frozenset(tables[-1]["id"].to_pylist()),
        notes=(*base.notes, note) if missing else base.notes,
    )


def _in_order(fresh: Predictions, classes: Sequence[str]) -> Predictions:
    place = {name: position for position, name in enumerate(fresh.classes)}
    if place.keys() != set(classes):
        raise InputError("it knows other classes than its stored predictions", hint=_HINT)
    columns = [place[name] for name in classes]
    return Predictions(fresh.table, fresh.probabilities[:, columns], list(classes))


def _require_same_answers(stored: Predictions, fresh: Predictions) -> None:
    """Raise InputError when the model contradicts what is stored: model or code are not those that predicted then."""
    place = pc.index_in(fresh.table["id"], value_set=stored.table["id"].combine_chunks())
    both = np.flatnonzero(place.is_valid())
    before = stored.probabilities[place.drop_null().to_numpy()]
    gap = float(np.abs(fresh.probabilities[both] - before).max(initial=0.0))
    if gap > _TOLERANCE:
        raise InputError(f"it contradicts its stored predictions, by {gap:.2g} in a probability", hint=_HINT)
