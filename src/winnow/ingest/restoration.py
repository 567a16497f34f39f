"""Restoration: a fresh clone has `labels.csv` and `images.dvc`, but no part: their source makes them again.

Parts are a pure function of their images, so that the same source gives the same bytes, and DVC's hash proves it.
"""

from winnow.data.labels import Labels
from winnow.ingest.config import AddConfig
from winnow.ingest.intake import Staged, stage
from winnow.ingest.publication import publish_again
from winnow.ingest.source_item import Source
from winnow.ingest.tracking import folder_md5
from winnow.project import Project
from winnow.repository.dvc import read_recorded


def restore(project: Project, source: Source, labels: Labels, config: AddConfig) -> Staged | None:
    """Put the parts that `images.dvc` records back into the empty folder, if `source` gives exactly them.

    Returns None, and has changed nothing, if it does not. `labels.csv` stays as it is either way: relabelled and
    removed images stay so.
    """
    recorded = read_recorded(project)
    if recorded is None or source.count() < len(labels):
        return None
    staged = stage(project, source, Labels.empty(), config)
    if len(staged.parts) != recorded.num_files or folder_md5(staged.parts) != recorded.md5:
        return None
    publish_again(project, staged.parts)
    return staged
