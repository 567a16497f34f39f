"""Blocks of text and tables, and the ways to print them. Everything that a user wrote is escaped here."""
