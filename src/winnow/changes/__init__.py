"""What changed between two revisions of a data set."""
