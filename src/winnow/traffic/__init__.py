"""What a service was asked and what it answered: the log's format, where it lies, and how it is read."""
