"""D6xx: what a model says of the labels. Asked by `winnow check` alone, since predictions come after `prepare`."""

from collections.abc import Iterator

from winnow.checks.check import Message, OpinionCheck, plural
from winnow.checks.findings import MAX_EXAMPLES, Example
from winnow.checks.opinions import Opinions


class LabelErrors(OpinionCheck):
    """The model is confident of another class than the label, on validation or test images (confident learning).

    At least `checks.label_confidence`, and as confident as it is on average where that class is the label. Such an
    image is mislabelled, ambiguous, or hard: a person must look.
    """

    id, severity = "D601", "warning"
    hint = "look at them (winnow check --html), then winnow relabel IMAGE CLASS where the label is wrong"

    def messages_of(self, opinions: Opinions) -> Iterator[Message]:
        """Count them; the most doubtful come first."""
        if opinions.doubts:
            share = len(opinions.doubts) / opinions.num_judged
            message = f"{plural(len(opinions.doubts), 'label')} of {opinions.num_judged:,} ({share:.1%}) may be wrong"
            yield (
                message,
                [
                    Example(
                        (doubt.id,), f"labelled {doubt.label!r}, looks like {doubt.other!r} ({doubt.probability:.2f})"
                    )
                    for doubt in opinions.doubts[:MAX_EXAMPLES]
                ],
            )


class StalePredictions(OpinionCheck):
    """`reports/predictions.parquet` was made for other images or labels than there are now.

    What D601 says is then about the images that are still there.
    """

    id, severity = "D602", "info"
    hint = "dvc repro"

    def messages_of(self, opinions: Opinions) -> Iterator[Message]:
        """Count what differs."""
        counts = {
            "gone since": opinions.num_gone,
            "with another label since": opinions.num_relabelled,
            "without prediction": opinions.num_new,
        }
        if any(counts.values()):
            texts = (f"{plural(count, 'image')} {what}" for what, count in counts.items() if count)
            yield f"the predictions are stale: {', '.join(texts)}", []
