"""One reader of the world for every feature: what is declared, and what is there. It changes nothing."""
