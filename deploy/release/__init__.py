"""From an image and a model to a service that answers: staging, smoke test, canary, all traffic, or back again."""
