"""The DVC remote: setting it up, and saying what is wrong with it."""
