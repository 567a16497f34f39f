"""The verdict in words: blocks for a comment, a page and a terminal, from its record alone."""
