"""Load tests: what a service does when many ask at once. `winnow load` is the command."""
