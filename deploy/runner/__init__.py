"""An ephemeral self-hosted runner of GitHub Actions: one registration, one job, then everything is thrown away."""
