"""What such a run handed over, read with limits and a schema: nothing in it is believed."""
