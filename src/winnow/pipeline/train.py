"""`winnow train`: prepared pixels and `params.yaml` in, a bundle and its learning curves out."""

import torch

from winnow import cost
from winnow.data.prepared import open_split
from winnow.models import store
from winnow.models.bundle import BundleMeta
from winnow.models.config import ModelConfig
from winnow.models.factory import build
from winnow.models.placement import make_deterministic, place
from winnow.models.pretrained import load_pretrained
from winnow.project import Project
from winnow.provenance import code_hash
from winnow.seeding import derive_seed
from winnow.tracking import Curves
from winnow.training.checkpoint import Checkpoints, run_key
from winnow.training.config import TrainConfig
from winnow.training.description import describe
from winnow.training.loop import Loop
from winnow.training.progressive import require_any_size
from winnow.training.setup import Setup, build_setup
from winnow.training.state import State, start_state
from winnow.transforms.normalize import Normalize


def run(project: Project) -> BundleMeta:
    """Train the model of `params.yaml` on the prepared data, or go on where a run was interrupted.

    Writes `models/bundle/` and `reports/train/`. The checkpoint goes when the bundle is safe.
    """
    with cost.measured(project, "train") as entries:
        make_deterministic()
        meta = describe(project, code_hash(__name__, project.custom))
        setup, state = start(project, meta)
        placement = {"device": setup.device.type, "precision": str(setup.dtype).removeprefix("torch.")}
        checkpoints = Checkpoints(project.checkpoints, run_key({**meta.model_dump(), **placement}, state))
        checkpoints.prune()
        checkpoints.restore(state)
        with Curves(project.curves) as curves:
            loop = Loop(setup, state, checkpoints, curves)
            loop.run()
        store.save(project.bundle, state.judged, meta)
        checkpoints.remove()
        rate = round(loop.num_images / loop.train_s, 1) if loop.num_images else None
        entries |= {**placement, "num_epochs": len(state.progress.history), "images_per_s": rate}
    return meta


def start(project: Project, meta: BundleMeta) -> tuple[Setup, State]:
    """Return the run before its first step."""
    config = TrainConfig.model_validate(meta.params["train"])
    setup = build_setup(
        config,
        train=open_split(project.prepared, "train"),
        val=open_split(project.prepared, "val"),
        normalize=Normalize(meta.mean, meta.std),
        num_classes=len(meta.labels),
        custom=project.custom,
    )
    torch.manual_seed(derive_seed(config.seed, "init"))
    model = build(**meta.architecture.model_dump(), custom=project.custom)
    require_any_size(model, meta.architecture, config.progressive)
    wanted = ModelConfig.model_validate(meta.params["model"])
    if wanted.pretrained:
        load_pretrained(model, meta.architecture, project.root / wanted.weights if wanted.weights else None)
    return setup, start_state(config, place(model, setup.device))
