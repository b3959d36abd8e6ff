"""What a code, a file or a paste holds, whatever its form: one reader for every link (`reader`)."""
