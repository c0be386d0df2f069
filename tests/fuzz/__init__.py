"""Fuzzing of everything that reads what strangers send: targets shared by hypothesis and atheris."""
