"""A trained model as one file that a service runs without torch: written, quantized, compared, timed."""
