"""The only code in the device that opens anything."""
