"""The data set: labels, parts, splits, prepared pixels."""
