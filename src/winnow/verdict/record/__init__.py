"""The verdict as data: what `verdict.json` holds, and its schema."""
