"""Faults between a program and the servers that it talks to: the proxy that makes them, and tests under them."""
