"""PSBTs (BIP174, BIP370) as maps of records, each field held to its form."""
