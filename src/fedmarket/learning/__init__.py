"""What a model is, how it learns, how updates are checked and added up, and what each provider taught it."""
