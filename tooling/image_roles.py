"""The images: one for each role, with what it must be able to do and what it must not hold."""

from dataclasses import dataclass

TRAINING = frozenset({"dvclive", "onnxscript", "safetensors", "timm", "torch", "torchvision"})
COMPILERS = frozenset({"build-essential", "clang", "cmake", "g++", "gcc", "make"})


@dataclass(frozen=True)
class Role:
    """What the preflight holds an image to."""

    name: str
    commands: tuple[str, ...]
    """Of `winnow`: what each imports at once must be in the role's lock."""

    locks: tuple[str, ...]
    """The files of requirements/ that its Dockerfile may install."""

    forbidden: frozenset[str] = frozenset()
    """Distributions that nothing in it may import, not even when a function is called."""

    apart: tuple[tuple[str, str], ...] = ()
    """Importer and imported: what its own use never reaches."""

    health: str = ""
    """Python that fails where the service is not ready; its HEALTHCHECK runs it."""

    loads: str = ""
    """Python that fails where what answers cannot be loaded; the trial of an image, which has no model, runs it."""


HEALTHY = (
    "import os, urllib.request as r; "
    "r.urlopen(f\"http://127.0.0.1:{os.environ.get('WINNOW_HTTP_PORT', '8000')}/readyz\", timeout=4)"
)
# A service answers by an exported file: of `winnow predict`, what runs a bundle is never reached.
BUNDLES = (("winnow.commands.predict", "winnow.evaluation.predict"), ("winnow.commands.predict", "torch"))
ROLES = {
    role.name: role
    for role in (
        Role(
            "serve",
            ("serve", "predict"),
            ("build", "serve"),
            forbidden=TRAINING,
            apart=BUNDLES,
            health=HEALTHY,
            loads="import onnxruntime, winnow.serving.server",
        ),
        Role(
            "prepare", ("add", "check", "prepare", "report"), ("build", "prepare"), forbidden=TRAINING - {"onnxscript"}
        ),
        Role("train", ("prepare", "train", "evaluate", "export"), ("build", "train")),
    )
}
