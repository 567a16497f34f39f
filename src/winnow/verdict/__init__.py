"""The verdict on a pull request: is the model of this working tree better than that of its base, and at what price."""
