"""The files that people write: text → values → networks, figures to meet, budgets."""
