"""A process of its own that looks for QR codes in pictures, folders, cameras and text."""
