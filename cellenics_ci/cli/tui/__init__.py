"""The audit's screen. What is shown is decided by modules that know no Textual; widgets only show it."""
