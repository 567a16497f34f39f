"""What a run trained becomes a commit of its pull request: asked for, checked, made once."""
