"""What the tasks of tasks.py do: for working on winnow, never needed by those who use it."""
