"""Files that people brought in the browser: looked at, stored and taken back by the worker."""
