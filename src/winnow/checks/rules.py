"""Every check of a data set, in the order of their ids."""

from winnow.checks import balance, clusters, outliers, shortcuts, soundness, suspicion
from winnow.checks.check import Check
from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.findings import Finding

CHECKS: tuple[type[Check], ...] = (
    soundness.TwoClasses,
    soundness.TrainImages,
    soundness.JudgedImages,
    soundness.BytesPresent,
    soundness.GroupsApart,
    soundness.TestImages,
    soundness.ValidationImages,
    balance.FewImages,
    balance.Imbalance,
    balance.Unlabelled,
    balance.SimilarNames,
    balance.TestSize,
    balance.DominantGroup,
    clusters.NearDuplicates,
    clusters.Clusters,
    clusters.ConflictingDuplicates,
    outliers.SizeOutliers,
    outliers.BrightnessOutliers,
    outliers.ContrastOutliers,
    outliers.SharpnessOutliers,
    outliers.ColorOutliers,
    outliers.FlatPictures,
    outliers.ConstantChannelInPictures,
    outliers.ConstantChannelInSet,
    shortcuts.SizeShortcut,
    shortcuts.FormatShortcut,
    shortcuts.BorderShortcut,
    suspicion.LabelErrors,
    suspicion.StalePredictions,
)


def run_checks(facts: Facts, config: ChecksConfig) -> list[Finding]:
    """Return what the checks find, in the order of their ids; those that the facts do not suffice for stay silent."""
    return [finding for check in _chosen(facts, config) for finding in check(config).find(facts)]


def not_run(facts: Facts) -> dict[str, list[str]]:
    """Return the ids of the checks that the facts do not suffice for, by what they need."""
    ids: dict[str, list[str]] = {}
    for check in CHECKS:
        if getattr(facts, check.needs) is None:
            ids.setdefault(check.needs, []).append(check.id)
    return ids


def _chosen(facts: Facts, config: ChecksConfig) -> list[type[Check]]:
    """Return the checks to run. What is an error is never ignored: no model could be trained."""
    missing = {each for ids in not_run(facts).values() for each in ids}
    ignored = {check.id for check in CHECKS if check.severity != "error"} & set(config.ignore)
    return [check for check in CHECKS if check.id not in missing | ignored]
