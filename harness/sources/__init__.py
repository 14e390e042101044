"""Sources: one module for each foreign format that exchanges are imported from."""
