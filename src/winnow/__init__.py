"""An image classifier's whole life by pull request."""

import os

__version__ = "0.1.0"
# onnxruntime's own builds report runs to their maker, unless this is set before its first import: here every way to it
# passes by. Nothing leaves by default.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
