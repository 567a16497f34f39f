"""An image classifier's whole life by pull request."""

__version__ = "0.1.0"
