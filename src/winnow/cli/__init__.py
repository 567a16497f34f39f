"""The command line: reads arguments, calls one verb, prints what it returns, and exits with a documented code."""
