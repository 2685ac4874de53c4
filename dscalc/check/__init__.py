"""Networks in a repository: git, base versions, outcomes."""
