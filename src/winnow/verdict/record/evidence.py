"""The records of the comparison itself: what the two models did on the same test images, in numbers.

Every number is finite; what is not known is None, or `NotAvailable` with the reason. Text that came from data (labels,
columns and their values) is kept as it is: whoever prints it escapes it.
"""

from typing import Annotated, Literal

from pydantic import Field

from winnow.records import Count, Number, Record

MAX_FLIPS = 200
"""Fixed and broken images that the record holds, each."""

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Id = Annotated[str, Field(min_length=1, max_length=200)]
"""Of an image; 20 hex digits in a winnow project, anything elsewhere."""

Call = Literal["better", "worse", "equivalent", "inconclusive", "not comparable"]
Direction = Literal["higher", "lower"]


class Estimate(Record):
    """A number and its interval; None where too few groups allow one."""

    value: Number
    low: Number | None
    high: Number | None


class Outcome(Record):
    """The verdict line."""

    call: Call
    reason: str
    """One sentence: what the call rests on, or why there is no comparison."""
    metric: str
    direction: Direction
    """Which way is better."""
    base: Number | None
    """The metric of the base on the compared images; None without it."""
    head: Number | None
    difference: Estimate | None
    """Head minus base."""
    p: Share | None
    """Two-sided, of no difference at all."""
    alpha: Share
    margin: Number
    """Differences below it do not matter."""
    within_margin: bool
    """Whether the whole interval lies inside +-margin."""
    method: str
    """Test and interval, by name."""
    num_images: Count
    num_groups: Count | None
    """Where images share groups; then whole groups are the witnesses."""


class MetricChange(Record):
    """A metric on both sides."""

    name: str
    direction: Direction | None
    """Which way is better; None for a metric of the user's own."""
    base: Estimate | None
    head: Estimate | None
    difference: Estimate | None
    """Paired, on the same images; None where it is not known."""
    is_custom: bool


class Detectable(Record):
    """What this test set could have found with the power that the gate asks for, at the discordance it shows."""

    difference: Number | None
    """The least true difference of the accuracies; None when no difference is found that often."""
    num_net_flips: Count | None
    """The same, as fixed minus broken images."""
    power: Share
    disagreement: Share
    """Share of images that one model gets right and the other wrong; at least that of one image is assumed."""


class Paired(Record):
    """Both models on the same images."""

    both_right: Count
    fixed: Count
    """Wrong at the base, right at the head."""
    broken: Count
    both_wrong: Count
    churn: Count
    """Images that get another answer, right or wrong."""
    detectable: Detectable


class ShareChange(Record):
    """The share of right answers in one part of the test set: a class (its recall) or a subgroup."""

    name: str
    """The label, or the column's value."""
    support: Count
    num_groups: Count | None
    base: Share
    head: Share
    difference: Estimate
    fixed: Count
    broken: Count
    p: Share
    p_holm: Share
    """Holm-corrected over all classes (or all subgroups)."""
    is_significant: bool
    """p_holm <= alpha."""


class Classes(Record):
    """Every tested class, the largest moves first."""

    changes: list[ShareChange]
    added: list[str]
    """Classes that only the head knows."""
    removed: list[str]
    untested: Count
    """Classes of the head without a test image."""


class Subgroups(Record):
    """The test images by the values of one further column."""

    column: str
    changes: list[ShareChange]
    """Largest moves first."""
    num_left_out: Count
    """Values with too few images to say anything, or beyond the number that is shown."""


class ConfusionChange(Record):
    """How often one class was taken for another."""

    actual: str
    predicted: str
    base: Count
    head: Count


class Confusions(Record):
    """The pairs that changed most."""

    gained: list[ConfusionChange]
    """More often at the head."""
    lost: list[ConfusionChange]


class Flip(Record):
    """An image on which the two models differ in being right."""

    id: Id
    label: str
    base: str
    """The base's answer."""
    head: str
    base_confidence: Share
    head_confidence: Share


class Flips(Record):
    """Fixed and broken images, the most confident first; none under `disclose: aggregate`."""

    fixed: Annotated[list[Flip], Field(max_length=MAX_FLIPS)]
    broken: Annotated[list[Flip], Field(max_length=MAX_FLIPS)]


class Bin(Record):
    """One bin of confidence."""

    confidence: Share
    accuracy: Share
    count: Count


class Calibration(Record):
    """Confidence against accuracy on both sides; empty bins are left out."""

    base: list[Bin]
    head: list[Bin]


class TestSet(Record):
    """Which images the comparison rests on, and which it had to leave out."""

    __test__ = False  # not pytest's

    num_base: Count
    """Test images of the base."""
    num_head: Count
    num_compared: Count
    only_base: Count
    """Test images of the base that are none at the head."""
    only_head: Count
    trained_on: Count
    """Images left out because one of the models trained on them."""
    relabelled: Count
    """Compared images whose label differs; today's label judges both sides."""
    rescored: bool
    """Whether the base model was scored again on today's test images."""
    notes: list[str]


class Noise(Record):
    """How much the primary metric varies from one training seed to another (`winnow noise`)."""

    num_seeds: Annotated[int, Field(ge=2)]
    deviation: Number
    """Standard deviation over seeds."""
    low: Number
    """Interval of the deviation."""
    high: Number
    difference: Estimate
    """The difference with an interval for both noises, sampling and training."""
    is_current: bool
    """Whether it was measured with today's data, params and code."""
