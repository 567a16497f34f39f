"""The two sides of a verdict: predictions of both models, brought onto the same test images."""
