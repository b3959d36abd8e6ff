"""The tables of the wallet's file, and how each version became the next."""

# One entry for each version of the schema, each leading from the one before it.
MIGRATIONS = (
    """
    CREATE TABLE pairing (
        only INTEGER PRIMARY KEY CHECK (only = 1), network TEXT NOT NULL, script TEXT NOT NULL,
        fingerprint TEXT NOT NULL, account_xpub TEXT NOT NULL) STRICT;
    CREATE TABLE addresses (
        position INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE,
        handed_out INTEGER NOT NULL, verified INTEGER) STRICT;
    CREATE TABLE draft (
        only INTEGER PRIMARY KEY CHECK (only = 1), psbt BLOB NOT NULL, recipient TEXT NOT NULL,
        sats INTEGER NOT NULL, fee_sats INTEGER NOT NULL, sats_per_vbyte REAL NOT NULL,
        change_sats INTEGER NOT NULL, words TEXT NOT NULL) STRICT;
    CREATE TABLE payments (
        txid TEXT PRIMARY KEY, raw_tx BLOB NOT NULL, recipient TEXT NOT NULL,
        sats INTEGER NOT NULL, fee_sats INTEGER NOT NULL, made INTEGER NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('signed', 'sent'))) STRICT;
    """,
    # A wallet of the first version may have missed coins of its seed: it looks once more.
    """
    CREATE TABLE search (
        only INTEGER PRIMARY KEY CHECK (only = 1), gap INTEGER NOT NULL, birthday TEXT,
        complete INTEGER NOT NULL) STRICT;
    INSERT INTO search VALUES (1, 25, NULL, 0);
    """,
    # A payment has more than two endings, and one can take the place of another.
    """
    ALTER TABLE payments RENAME TO old_payments;
    CREATE TABLE payments (
        txid TEXT PRIMARY KEY, raw_tx BLOB NOT NULL, recipient TEXT NOT NULL,
        sats INTEGER NOT NULL, fee_sats INTEGER NOT NULL, made INTEGER NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('signed', 'sent', 'given up', 'replaced')),
        refusal TEXT NOT NULL DEFAULT '') STRICT;
    INSERT INTO payments (txid, raw_tx, recipient, sats, fee_sats, made, status)
        SELECT txid, raw_tx, recipient, sats, fee_sats, made, status
        FROM old_payments ORDER BY rowid;
    DROP TABLE old_payments;
    ALTER TABLE draft ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
    """,
    # How many peers had a payment; and an address that a device did not agree to is not shown.
    """
    ALTER TABLE payments ADD COLUMN seen_by INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE payments ADD COLUMN peers INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE addresses ADD COLUMN refused INTEGER;
    """,
    # What was wished for, as JSON; and coins that no payment takes.
    """
    ALTER TABLE draft ADD COLUMN request TEXT NOT NULL DEFAULT '';
    CREATE TABLE frozen_coins (outpoint TEXT PRIMARY KEY) STRICT;
    """,
    # A wallet is any account of a device, or a descriptor of one or several.
    """
    ALTER TABLE pairing ADD COLUMN account INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE pairing ADD COLUMN descriptor TEXT NOT NULL DEFAULT '';
    """,
    # What a person wrote to transactions, addresses and coins.
    """
    CREATE TABLE labels (
        kind TEXT NOT NULL, ref TEXT NOT NULL, label TEXT NOT NULL,
        PRIMARY KEY (kind, ref)) STRICT;
    """,
    # A payment of several keys is signed by turns; and by which name a device knows the wallet.
    """
    ALTER TABLE draft ADD COLUMN collected BLOB NOT NULL DEFAULT x'';
    CREATE TABLE registrations (fingerprint TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
    """,
    # People who are paid again.
    """
    CREATE TABLE contacts (name TEXT PRIMARY KEY COLLATE NOCASE, payee TEXT NOT NULL) STRICT;
    """,
    # What proves the names that were paid: a higher fee shows them to the device once more.
    """
    CREATE TABLE name_proofs (
        txid TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, proof BLOB NOT NULL,
        expires INTEGER NOT NULL, PRIMARY KEY (txid, position)) STRICT;
    """,
)
VERSION = len(MIGRATIONS)
