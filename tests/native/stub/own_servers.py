"""Scenarios that start servers of their own."""
