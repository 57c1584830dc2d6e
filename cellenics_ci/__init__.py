"""cellenics-ci: hand out, rotate, watch and retire the CI credentials of an organisation."""
