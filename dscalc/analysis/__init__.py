"""Questions about networks and their reports."""
