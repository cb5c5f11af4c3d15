"""Figures of this project: each script compares in one run and writes JSON, from which the page is made."""
