"""What Git and DVC know of a project, now and at other commits."""
