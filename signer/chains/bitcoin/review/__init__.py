"""A checked payment as pages to read: warnings, the whole, each output; and what is digested."""
