"""Commands that are no pipeline step."""
