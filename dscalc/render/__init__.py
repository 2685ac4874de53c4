"""Answers → text: a module for each answer, its grids and its document; formats write either."""
