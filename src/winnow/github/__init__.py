"""What winnow asks GitHub: pull requests, comments, checks, runs, artifacts, commits. Nothing is decided here."""
