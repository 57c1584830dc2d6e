"""The releases repository: a service's Flux template filled, checked and pushed, and what is deployed where."""
