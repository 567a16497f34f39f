"""What surrounds the judgement: changes in the repository, learning curves, cost, provenance."""
