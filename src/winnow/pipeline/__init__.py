"""The verbs: each reads parameters and files, calls nouns, writes files."""
