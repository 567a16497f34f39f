"""Finding an image by what a person types: its id or its name."""

import difflib

from winnow.data.labels import Labels
from winnow.errors import UsageError
from winnow.ingest.names import clean

# difflib looks at every name: beyond this many it takes seconds.
_MAX_COMPARED = 20_000


def find_image(labels: Labels, target: str) -> str:
    """Return the id of the image whose id or name is `target`; the last part of a name is enough when it is unique.

    Raises UsageError, with the nearest name or the number of names that match, unless there is exactly one.
    """
    target = clean(target)
    if not target:
        raise UsageError("expected an id or a name, got an empty one", hint="`winnow images list` shows ids and names")
    ids, names = labels.column("id"), labels.column("name")
    if target in ids:
        return target
    for matches in (
        [image for image, name in zip(ids, names, strict=True) if name == target],
        [image for image, name in zip(ids, names, strict=True) if name.rpartition("/")[2] == target],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise UsageError(
                f"{len(matches)} images have the name {target!r}", hint=f"use an id: {', '.join(matches[:3])} …"
            )
    near = difflib.get_close_matches(target, [*ids, *names][:_MAX_COMPARED], n=1)
    hint = f"did you mean {near[0]}?" if near else "`winnow images list` shows ids and names"
    raise UsageError(f"no image has the id or the name {target!r}", hint=hint)
