"""The words of the rule language and what they mean: one source for the page and for editors."""
