"""What each real client does: one module a client, each with its SCENARIOS; every scenario becomes one cassette."""
