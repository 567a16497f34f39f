"""The cloud's side of the pull-request loop: a bucket, two keyless identities, and a machine that comes and goes."""
