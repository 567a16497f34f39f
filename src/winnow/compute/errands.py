"""What is sent to a worker: a function, and the errors that a person can mend, brought home whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from winnow.errors import WinnowError


@dataclass(frozen=True)
class Trouble:
    """A WinnowError on its way home.

    Exceptions are pickled as their class and `args`, which is not what ours are made from: hint and check would be
    lost, and the process pool takes an error that cannot be rebuilt for a worker that died.
    """

    kind: type[WinnowError]
    args: tuple[Any, ...]
    state: dict[str, Any]

    def rebuilt(self) -> WinnowError:
        """Return the error as it was raised."""
        error = self.kind.__new__(self.kind)
        error.args = self.args
        error.__dict__.update(self.state)
        return error


@dataclass(frozen=True)
class Errand:
    """A function as a worker calls it."""

    function: Callable[[Any], Any]

    def __call__(self, item: Any) -> Any:
        """Return `function(item)`, or the Trouble that it ran into. Raises everything that is no WinnowError."""
        try:
            return self.function(item)
        except WinnowError as error:
            return Trouble(type(error), error.args, error.__dict__)

    @staticmethod
    def unwrap(result: Any) -> Any:
        """Return a result, or raise the error that stands in its place."""
        if isinstance(result, Trouble):
            raise result.rebuilt()
        return result
