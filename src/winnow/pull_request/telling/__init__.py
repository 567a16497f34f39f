"""What a pull request is told of its runs: one comment for each project, one check, one job summary."""
