"""What runs outside the package: machines for jobs, and the cloud's permissions. Standard library only."""
