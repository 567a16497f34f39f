"""What lies between a tag and a service: a request, verification, one look at the vault, a word about it."""
