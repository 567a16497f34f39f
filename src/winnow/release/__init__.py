"""What lies between a tag and a service: a request, a verification of its own, one look at the vault, a word about it."""
