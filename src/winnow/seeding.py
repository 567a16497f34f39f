"""One seed, many independent streams: each use derives its own seed from the project's and its name."""

import hashlib


def derive_seed(seed: int, *names: str | int) -> int:
    """Return a seed in [0, 2**63) that depends on `seed` and `names` only, the same on every system.

    Deriving per use (and per training step) instead of sharing one generator makes every draw independent of what
    was drawn before, which is what lets a killed run resume exactly.
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big") >> 1
