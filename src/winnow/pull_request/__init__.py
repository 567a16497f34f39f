"""A pull request's life: a run without rights judges it and hands over files; trusted runs read, post and accept them.

Whatever a run of a pull request's own code wrote is read by `handover` alone, with limits and a schema.
"""
