"""Tasks with a dot in their name, such as `cloud.bootstrap`: invoke wants collections within a collection."""

from collections.abc import Iterable
from typing import Any

from invoke import Collection, Task


def namespace_of(values: Iterable[object]) -> Collection:
    """Return the tasks among `values`, each under its whole name."""
    root = Collection()
    for task in [value for value in values if isinstance(value, Task)]:
        *groups, name = task.name.split(".")
        collection: Any = root
        for group in groups:
            if group not in collection.collections:
                collection.add_collection(Collection(group))
            collection = collection.collections[group]
        collection.add_task(task, name=name)
    return root
