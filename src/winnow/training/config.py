"""`train:` of `params.yaml`."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from winnow.config import Section
from winnow.references import is_reference
from winnow.transforms.augment_config import AugmentConfig

Share = Annotated[float, Field(ge=0.0, le=1.0)]
NonNegative = Annotated[float, Field(ge=0.0)]
Positive = Annotated[float, Field(gt=0.0)]


class OptimizerConfig(Section):
    """How weights move."""

    name: Annotated[Literal["adamw", "sgd"], Field(examples=["adamw"])]
    """AdamW, or SGD with Nesterov momentum."""

    lr: Annotated[Positive, Field(examples=[0.001])]
    """Peak learning rate."""

    weight_decay: Annotated[NonNegative, Field(examples=[0.05])]
    """Decay of weights; biases and norms are never decayed."""

    momentum: Annotated[float, Field(ge=0.0, lt=1.0, examples=[0.9])]
    """SGD's momentum, AdamW's beta 1."""

    clip_norm: Annotated[Positive | None, Field(examples=[1.0])]
    """Largest norm of all gradients together; null never clips."""


class ScheduleConfig(Section):
    """Linear warm-up, then cosine."""

    warmup_epochs: Annotated[NonNegative, Field(examples=[1.0])]
    """Epochs (fractions allowed) from zero to the peak learning rate."""

    final_lr_fraction: Annotated[Share, Field(examples=[0.01])]
    """The last step's learning rate as a share of the peak."""


class LossConfig(Section):
    """What training minimises."""

    name: Annotated[str, Field(min_length=1, examples=["cross_entropy"])]
    """`cross_entropy`, or `module:function` in `custom/`."""

    label_smoothing: Annotated[float, Field(ge=0.0, lt=1.0, examples=[0.0])]
    """Probability spread evenly over all classes."""

    class_weights: Annotated[Literal["none", "balanced"], Field(examples=["none"])]
    """`balanced` weighs each class by the inverse of its share of the training images."""

    options: Annotated[dict[str, Any], Field(examples=[{}])]
    """Passed on to a custom loss."""

    @model_validator(mode="after")
    def _keys_belong_to_their_loss(self) -> Self:
        is_custom = is_reference(self.name)
        if not is_custom and self.name != "cross_entropy":
            raise ValueError(f"expected `cross_entropy` or `module:function` in custom/, got `{self.name}`")
        if is_custom and (self.label_smoothing > 0 or self.class_weights != "none"):
            raise ValueError("label_smoothing and class_weights belong to cross_entropy; a custom loss takes `options`")
        if not is_custom and self.options:
            raise ValueError("cross_entropy takes no `options`")
        return self


class ProgressiveConfig(Section):
    """Small images first, which makes early epochs cheap. For networks that take images of any size."""

    start_fraction: Annotated[float, Field(ge=0.25, le=1.0, examples=[1.0])]
    """Size of the first images as a share of `prepare.size`; 1 is off."""

    full_from: Annotated[float, Field(gt=0.0, le=1.0, examples=[0.6])]
    """Share of all steps from which on images have their full size; until then it grows evenly."""


class TrainConfig(Section):
    """One training run."""

    seed: Annotated[int, Field(ge=0, examples=[0])]
    """Initial weights, order and augmentation."""

    epochs: Annotated[int, Field(ge=1, examples=[20])]
    """Passes over the training images."""

    batch_size: Annotated[int, Field(ge=2, examples=[128])]
    """Images a step; batch normalisation needs two. An epoch's last batch may be smaller, a last single image waits."""

    optimizer: OptimizerConfig
    schedule: ScheduleConfig
    loss: LossConfig
    augment: AugmentConfig
    progressive: ProgressiveConfig

    ema_decay: Annotated[float | None, Field(gt=0.0, lt=1.0, examples=[None])]
    """Decay of the exponential moving average of the weights, which is then what is judged and kept; null is off."""

    select: Annotated[Literal["val_accuracy", "val_loss", "last"], Field(examples=["val_accuracy"])]
    """Which epoch's weights are kept."""

    early_stop_epochs: Annotated[int | None, Field(ge=1, examples=[None])]
    """Stop after this many epochs without a better one; null never stops early."""

    device: Annotated[Literal["auto", "cpu", "cuda", "mps"], Field(examples=["auto"])]
    """`auto` takes CUDA, then MPS, then the CPU."""

    precision: Annotated[Literal["auto", "fp32", "bf16"], Field(examples=["auto"])]
    """`auto` takes bf16 where the hardware multiplies it natively, else fp32."""

    checkpoint_every_s: Annotated[NonNegative, Field(examples=[60.0])]
    """Seconds between checkpoints within an epoch (one is also written after every epoch); 0 writes one every step."""

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        if self.early_stop_epochs is not None and self.select == "last":
            raise ValueError("early_stop_epochs needs `select: val_accuracy` or `select: val_loss`")
        if self.schedule.warmup_epochs > self.epochs:
            raise ValueError(f"schedule.warmup_epochs must not exceed epochs ({self.epochs})")
        return self
