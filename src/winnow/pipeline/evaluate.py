"""`winnow evaluate`: predict validation and test images, then judge the predictions."""

import numpy as np

from winnow import cost
from winnow.config import read_section
from winnow.data.labels import read_labels
from winnow.data.prepared import open_split, read_meta
from winnow.disclosure import read_disclosure
from winnow.evaluation import tables
from winnow.evaluation.config import EvaluateConfig
from winnow.evaluation.predict import Predictor, predict_split
from winnow.evaluation.predictions import Predictions, collect, write_predictions
from winnow.evaluation.samples import describe_samples, require_match
from winnow.evaluation.scores import bin_accuracy, split_reliability
from winnow.evaluation.summary import summarise
from winnow.evaluation.withholding import without_descriptions
from winnow.files import fresh_folder, write_json
from winnow.logs import logger
from winnow.metrics.confusion import confusion_counts
from winnow.project import Project
from winnow.reporting.curves import draw_curves
from winnow.reporting.figures import draw_confusion, draw_per_class, draw_reliability


def run(project: Project) -> None:
    """Write predictions, metrics, tables and figures of the model in `models/bundle`.

    Raises ConfigError and InputError for what does not fit, DivergenceError for outputs that are not finite.
    """
    config = read_section(project, "evaluate", EvaluateConfig)
    with cost.measured(project, "evaluate") as spent:
        predictions = _predict(project, config, spent)
        is_shown = read_disclosure(project).may_show_ids
        write_predictions(project.predictions, predictions if is_shown else without_descriptions(predictions))
        val, test = predictions.of_split("val"), predictions.of_split("test")
        metrics = summarise(val, test, config, project.custom)
        write_json(project.metrics, metrics)
        _write_tables(project, config, test)
    logger.info("accuracy %s on %d test images; reports/ has the rest", metrics["accuracy"], len(test))


def _predict(project: Project, config: EvaluateConfig, spent: dict[str, object]) -> Predictions:
    predictor = Predictor.load(project.bundle, project.custom)
    require_match(predictor.meta, read_meta(project.prepared))
    splits = {name: open_split(project.prepared, name) for name in ("val", "test")}
    samples = describe_samples(splits, read_labels(project.labels))
    probabilities = [
        predict_split(predictor, split, batch_size=config.batch_size, name=name) for name, split in splits.items()
    ]
    spent |= {"device": str(predictor.device), "num_images": len(samples)}
    return collect(samples, np.concatenate(probabilities), predictor.meta.labels)


def _write_tables(project: Project, config: EvaluateConfig, test: Predictions) -> None:
    decisions, labels = test.decisions, test.classes
    rel = split_reliability(test, config.calibration_bins)
    accuracy = bin_accuracy(test, rel, config.confidence)
    classes = tables.per_class(test, config.confidence)
    tables.write_per_class(project.per_class, classes)
    tables.write_confusion(project.confusion, test)
    tables.write_reliability(project.reliability, rel, accuracy)
    figures = fresh_folder(project.figures)
    draw_curves(figures / "curves.png", project.curves)
    draw_confusion(
        figures / "confusion.png", confusion_counts(decisions.targets, decisions.predicted, len(labels)), labels
    )
    draw_reliability(figures / "reliability.png", rel, accuracy)
    draw_per_class(figures / "per_class.png", labels, classes.f1, classes.support)
