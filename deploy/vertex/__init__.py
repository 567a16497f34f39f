"""Training as a custom job of Vertex AI: a machine that exists for one run."""
