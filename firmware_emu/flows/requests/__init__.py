"""What a host asks for, and a person reads first."""
