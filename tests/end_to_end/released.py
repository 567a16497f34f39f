"""Models that can be released: registered, and their exported file answers for real, without torch."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from branches import Branches, Cells, tiny_id
from history import Text, cache_folder, lock_text, md5
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from predicted import CLASSES, predict, save
from registered import FLOW, IGNORED, METRICS, TEST, Workshop, entry_for, tag_model

from winnow.examples import EXAMPLES
from winnow.files import sha256_file, write_json
from winnow.models.bundle import Architecture, BundleMeta, write_description
from winnow.project import Project
from winnow.registry.evidence import hash_data
from winnow.registry.model_files import sum_model
from winnow.runtime import EMBEDDING, INPUT, INT8_MODEL, LOGITS, METADATA, MODEL, ServedModel
from winnow.transforms.spec import PreprocessSpec

SIZE = 4
VAULT = range(40, 80)
SPEC = PreprocessSpec.model_validate(
    {
        "size": SIZE,
        "channels": 1,
        "fit": "stretch",
        "resample": "bicubic",
        "alpha": "composite",
        "background": [255, 255, 255],
    }
)
RIGHT, WRONG = np.log(np.float32(0.8)), np.log(np.float32(0.2))


def label_of(number: int) -> str:
    return CLASSES[number % 2]


def logits_of(wrong: Iterable[int]) -> NDArray[np.float32]:
    """Return what a model says about each tiny image, [256, 2]: the right class with 0.8, but for the wrong ones."""
    missed = set(wrong)
    table = np.full((256, len(CLASSES)), WRONG, dtype=np.float32)
    for number in range(256):
        table[number, (number + (number in missed)) % 2] = RIGHT
    return table


def onnx_bytes(logits: NDArray[np.float32], about: ServedModel) -> bytes:
    """Return an exported file that knows each tiny image by the one pixel in which they differ, and looks it up."""
    constants = {
        "table": logits,
        "flat": np.array([-1, SIZE * SIZE], dtype=np.int64),
        "place": np.array(1, dtype=np.int64),
    }
    nodes = [
        helper.make_node("Reshape", [INPUT, "flat"], ["rows"]),
        helper.make_node("Cast", ["rows"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Gather", ["whole", "place"], ["number"], axis=1),
        helper.make_node("Gather", ["table", "number"], [LOGITS], axis=0),
        helper.make_node("Identity", [LOGITS], [EMBEDDING]),
    ]
    graph = helper.make_graph(
        nodes,
        "lookup",
        [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["batch", SIZE, SIZE, 1])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2]) for name in (LOGITS, EMBEDDING)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {METADATA: about.to_metadata()})
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def model_files(
    folder: Path,
    knob: str,
    wrong: Iterable[int],
    *,
    int8: Iterable[int] | None = None,
    says: Iterable[int] | None = None,
    examples: bytes | None = None,
) -> tuple[dict[str, Text], dict[str, Text]]:
    """Return the files of a bundle and of its export, which gets `says` wrong (default: what the bundle does)."""
    weights = f"weights {knob} ".encode() * 100
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(weights)
    digest = sha256_file(folder / "model.safetensors")
    architecture = Architecture(name="lookup", num_classes=2, channels=1, size=SIZE, options={})
    hashes: dict[str, Any] = {"code_hash": "c" * 64, "data_hash": "d" * 64}
    meta = BundleMeta(
        architecture=architecture, spec=SPEC, mean=[0.5], std=[0.5], labels=[*CLASSES], params={}, versions={}, **hashes
    )
    write_description(folder, meta, digest)
    about = ServedModel(spec=SPEC, labels=[*CLASSES], precision="fp32", weights_hash=digest, **hashes)
    exported: dict[str, Text] = {MODEL: onnx_bytes(logits_of(wrong if says is None else says), about)}
    if int8 is not None:
        exported[INT8_MODEL] = onnx_bytes(logits_of(int8), about.model_copy(update={"precision": "int8"}))
    if examples is not None:
        exported[EXAMPLES] = examples
    bundle: dict[str, Text] = {"model.safetensors": weights, "bundle.json": (folder / "bundle.json").read_bytes()}
    return bundle, exported


class Works(Workshop):
    """A workshop whose models have an exported file, images to ask it about, and maybe a vault."""

    @classmethod
    def build(cls, folder: Path, *, has_vault: bool = False, **params: object) -> "Works":
        shop = Workshop.build(folder, prepare__size=SIZE, prepare__channels=1, **params)
        made = Branches(shop.root)
        works = cls(folder)
        flow = FLOW.replace("outs: [models/bundle]", "outs: [models/bundle, models/onnx]")
        assert flow != FLOW
        (works.root / "dvc.yaml").write_text(flow, encoding="utf-8")
        (works.root / ".gitignore").write_text(f"{IGNORED}/models/\n", encoding="utf-8")
        vault = VAULT if has_vault else ()
        shutil.rmtree(works.project.images)
        works.project.images_dvc.write_text(made.images_dvc([made.pack(*TEST, *vault)]), encoding="utf-8")
        made.write_labels(rows(vault))
        return works

    def copy(self, folder: Path) -> "Works":
        shutil.copytree(self.folder, folder, symlinks=True)
        return Works(folder)

    def release_model(self, knob: str, wrong: Sequence[int], **files: Any) -> str:
        """Commit a model that gets these images wrong, with all that a run records of it, and push; see `model_files`.

        `p95_ms` is what the export measured. Returns the commit.
        """
        p95_ms = files.pop("p95_ms", 1.0)
        scores = predict({tiny_id(n): label_of(n) for n in TEST}, wrong=[tiny_id(n) for n in wrong])
        save(self.project.predictions, scores)
        self.project.metrics.write_text(METRICS.format(scores.decisions.accuracy), encoding="utf-8")
        write_json(self.project.cost("export"), {"latency_p50_ms": p95_ms / 2, "latency_p95_ms": p95_ms})
        (self.root / "knob.txt").write_text(knob, encoding="utf-8")
        bundle, exported = model_files(self.folder / "made" / knob, knob, wrong, **files)
        shutil.rmtree(self.folder / "made")
        outs = {"models/bundle": cache_folder(self.root, bundle), "models/onnx": cache_folder(self.root, exported)}
        deps = {name: (self.root / name).read_bytes() for name in ("knob.txt", "make.py")}
        hashes = {name: {"hash": "md5", "md5": md5(each), "size": len(each)} for name, each in deps.items()}
        lock = lock_text({"train": {"cmd": "python make.py", "deps": hashes, "outs": outs}})
        (self.root / "dvc.lock").write_text(lock, encoding="utf-8")
        shutil.copytree(self.root / ".dvc/cache/files", self.folder / "storage/files", dirs_exist_ok=True)
        return self.commit(f"knob {knob}")

    def register(self, version: str = "v1.0.0", **more: object) -> str:
        """Tag HEAD as `winnow register` would, without judging it; push the tag; return its name."""
        commit = self.git("rev-parse", "HEAD")
        known = {
            "files": sum_model(self.project, commit),
            "data_hash": hash_data(self.project, commit),
            "lock_sha256": sha256_file(self.project.dvc_lock),
        }
        tag = tag_model(self.project, entry_for(commit, version, **{**known, **more}))
        self.git("push", "-q", "origin", f"refs/tags/{tag}")
        return tag

    def elsewhere(self, name: str) -> Project:
        """Return another clone with all tags: it has nothing in its cache, as a machine of a CI service."""
        root = self.clone(name)
        return Project(root)


def rows(vault: Iterable[int] = ()) -> dict[str, Cells]:
    """Return the labels of the test images, and of those in the vault."""
    splits = {**dict.fromkeys(TEST, "test"), **dict.fromkeys(vault, "vault")}
    return {tiny_id(number): (label_of(number), f"{number}.png", "", split) for number, split in splits.items()}
