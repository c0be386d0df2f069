"""The bundled sample archive: synthetic texts about twelve fictional platforms, generated day by day."""
