"""What a person types and sees: the only place that knows Typer, Rich and Textual."""
