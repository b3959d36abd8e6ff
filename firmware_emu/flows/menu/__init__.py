"""What a person finds on the device when nobody asks for anything."""
