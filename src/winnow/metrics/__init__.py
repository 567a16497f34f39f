"""Numbers that tell how good predictions are. No torch."""
