"""One reader of the world for all features: what is declared, what is there. No SDK; it reads through Protocols."""
