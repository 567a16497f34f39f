"""The stages of `dvc.yaml`, one command each."""

from winnow.cli.app import app
from winnow.project import find_project


@app.command()
def prepare() -> None:
    """Check the data set, deal it to splits, and turn images into pixels (DVC stage)."""
    from winnow.pipeline import prepare as verb

    verb.run(find_project())


@app.command()
def train() -> None:
    """Train the model and write its bundle; go on where a killed run stopped (DVC stage)."""
    from winnow.pipeline import train as verb

    verb.run(find_project())


@app.command()
def evaluate() -> None:
    """Predict the validation and test images and judge the predictions (DVC stage)."""
    from winnow.pipeline import evaluate as verb

    verb.run(find_project())


@app.command()
def export() -> None:
    """Write the model as ONNX files, compare them with the bundle, and time them (DVC stage)."""
    from winnow.pipeline import export as verb

    verb.run(find_project())
