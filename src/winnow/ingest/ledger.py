"""Which images are new: what `labels.csv` says of each id, and what this run has said so far."""

from collections.abc import Collection
from enum import Enum, auto

from winnow.data.labels import Labels


class Verdict(Enum):
    """What an image of a source is to the data set."""

    NEW = auto()
    KNOWN = auto()
    """It is in `labels.csv`, and the source says nothing else about its class."""
    MOVED = auto()
    """It is in `labels.csv` under another label."""
    REPEATED = auto()
    """This run has met the same bytes before, under the same label."""
    CLASHING = auto()
    """This run has met the same bytes before, under another label: only a person knows which is right."""
    ERASED = auto()
    """Somebody asked for it to be erased: it does not come back."""


class Ledger:
    """Ids and their labels, about 100 bytes an image: a million fit a laptop."""

    def __init__(self, labels: Labels, erased: Collection[str] = ()) -> None:
        self._erased = frozenset(erased)
        self._names: list[str] = []
        self._codes: dict[str, int] = {}
        self._known: dict[bytes, int] = {}
        for batch in labels.table.select(["id", "label"]).to_batches(max_chunksize=8192):
            for image, label in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                self._known[bytes.fromhex(image)] = self._code(label)
        self._met: dict[bytes, int] = {}
        self.clashing: set[str] = set()
        """Ids that this run has met under two labels."""

    def judge(self, image: str, label: str) -> Verdict:
        """Say what an image is, and remember that this run has met it."""
        if image in self._erased:
            return Verdict.ERASED
        key, code = bytes.fromhex(image), self._code(label)
        first = self._met.setdefault(key, -1)
        if first < 0:
            self._met[key] = code
            known = self._known.get(key)
            if known is None:
                return Verdict.NEW
            # A source without labels contradicts nothing.
            return Verdict.KNOWN if known == code or not label else Verdict.MOVED
        if first == code and image not in self.clashing:
            return Verdict.REPEATED
        self.clashing.add(image)
        return Verdict.CLASHING

    def known_label(self, image: str) -> str:
        """Return what `labels.csv` says of a known id."""
        return self._names[self._known[bytes.fromhex(image)]]

    def missing(self) -> list[str]:
        """Return the known ids that this run has not met, sorted."""
        return sorted(key.hex() for key in self._known.keys() - self._met.keys())

    def _code(self, label: str) -> int:
        if label not in self._codes:
            self._codes[label] = len(self._names)
            self._names.append(label)
        return self._codes[label]
