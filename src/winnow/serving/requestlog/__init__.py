"""The service's log: noted in memory, written to a bounded folder, uploaded when the target takes it."""
