"""From bytes to events: inputs, envelopes, time stamps, definitions."""
