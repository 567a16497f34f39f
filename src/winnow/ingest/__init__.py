"""Where images come from, and which are let in."""
