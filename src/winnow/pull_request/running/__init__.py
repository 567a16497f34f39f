"""The run of a pull request's own code: it has no right, and hands over what it made."""
