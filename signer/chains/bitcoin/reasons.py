"""What a Bitcoin request can be refused for. signer/README.md names the threat behind each."""

from signer.errors import Reason


class BitcoinReason(Reason):
    """The reasons of this chain; those of every chain are in `signer.errors`."""

    NO_INPUTS = (
        "The transaction spends nothing.",
        "Build the payment again in the wallet app.",
    )
    NO_OUTPUTS = (
        "The transaction pays nobody: all of it would be fee.",
        "Build the payment again in the wallet app.",
    )
    COINBASE_INPUT = (
        "An input is the one of a miner's own transaction, which nobody signs.",
        "Build the payment again in the wallet app.",
    )
    DUPLICATE_INPUT = (
        "The same coin is spent twice.",
        "Build the payment again in the wallet app.",
    )
    AMOUNT_NOT_PROVEN = (
        "The amount of a coin is not proven.",
        "Have the wallet app include the whole previous transactions.",
    )
    AMOUNTS_DISAGREE = (
        "The wallet app tells two stories about one coin.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    AMOUNT_CHANGED = (
        "A coin's amount is not the one that was signed before.",
        "Have the wallet app include the whole previous transactions.",
    )
    WRONG_PREVIOUS_TX = (
        "A previous transaction is not the one that is spent.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    EMPTY_COIN = (
        "A coin holds nothing: this is no payment, but may be a message in disguise.",
        "Sign messages as messages.",
    )
    AMOUNT_OUT_OF_RANGE = (
        "An amount is larger than all the bitcoin there can be.",
        "Build the payment again in the wallet app.",
    )
    OUTPUTS_EXCEED_INPUTS = (
        "The transaction pays more than it spends.",
        "Build the payment again in the wallet app.",
    )
    FEE_ABSURD = (
        "The fee is 0.1 bitcoin or more, at a rate that no block asks for.",
        "Choose a lower fee in the wallet app.",
    )
    SCRIPT_NOT_COMMITTED = (
        "A script is given that the coin does not commit to.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    SCRIPT_UNSUPPORTED = (
        "A coin is locked by a kind of script that this device does not know.",
        "Spend it with the device or wallet that made its address.",
    )
    NO_LEAF_NAMED = (
        "None of the scripts that your key could sign is named for a coin.",
        "Have the wallet app name the script it wants to use.",
    )
    NOT_REGISTERED = (
        "A coin belongs to an account of several keys or conditions that is not registered here.",
        "Register the account on this device first.",
    )
    INPUT_NOT_OURS = (
        "A coin is not from this wallet.",
        "Spend coins of this wallet alone, or have the others' owners sign first.",
    )
    INPUT_IS_OURS = (
        "A coin is said to be another's and is yours.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    KEY_MISMATCH = (
        "A coin is said to be yours and is not.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    PATH_UNUSUAL = (
        "A coin lies at a path that is too short or too long.",
        "Spend it with the wallet that made its address.",
    )
    WRONG_NETWORK = (
        "A coin belongs to another network.",
        "Choose that network in the wallet app, and try again.",
    )
    MIXED_ACCOUNTS = (
        "Coins of an account shared with others are mixed with coins of another account.",
        "Make one payment per account.",
    )
    SIGHASH_UNSUPPORTED = (
        "A signature is asked for that leaves parts of the payment open.",
        "Ask for the signature type ALL.",
    )
    SIGHASH_UNKNOWN = (
        "A signature of an unknown type is asked for.",
        "Ask for the signature type ALL.",
    )
    SIGHASH_SINGLE_BUG = (
        "Such a signature would open all your coins of that key.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    MODIFIABLE = (
        "The payment is marked as open to changes, and the signature would leave it open.",
        "Ask for the signature type ALL, which closes it.",
    )
    BAD_SIGNATURE = (
        "A signature under your key is already there, and it is wrong.",
        "Build the payment again in the wallet app.",
    )
    NOTHING_TO_SIGN = (
        "Everything is signed already.",
        "Send the payment from the wallet app.",
    )
    NOTHING_OURS = (
        "The coins of this payment are not yours.",
        "If it should be, check that the wallet app names the keys of this seed.",
    )
    OUTPUT_TOO_LONG = (
        "An output is too long to be shown in full.",
        "Build the payment without it.",
    )
    SILENT_KEY_MISSING = (
        "A coin does not show the public key that a silent payment needs.",
        "Have the wallet app name the key of every coin.",
    )
    SILENT_SHARE_MISSING = (
        "Another signer's part of a silent payment is missing.",
        "Have the other signers add their parts first.",
    )
    SILENT_SHARE_WRONG = (
        "A part of a silent payment is not proven to be right.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    SILENT_SCRIPT_WRONG = (
        "An output does not pay the silent address it names.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    DNSSEC_PROOF_INVALID = (
        "A recipient's name is not proven to have that address.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    RECORD_NOT_OURS = (
        "A registered account is not one that this wallet has registered, or it was changed.",
        "Register the account again, and read every key of it.",
    )
    POLICY_WITHOUT_US = (
        "No key of the account names this device.",
        "One must be this device's, with fingerprint and path: [fingerprint/path]xpub.",
    )
    FALSE_KEY = (
        "A key is said to be yours and is not.",
        "Do not use this request. Check the wallet app's setup.",
    )
    POLICY_UNSUPPORTED = (
        "This kind of account is not supported yet.",
        "Choose another kind of account in the wallet app.",
    )
    VARIANT_UNSUPPORTED = (
        "This kind of address is not known here.",
        "Choose legacy, nested segwit, native segwit or taproot.",
    )
    NONCES_MISSING = (
        "The first round of this joint signature is not complete: other signers are missing.",
        "Have all of them do the first round, then sign again.",
    )
    JOINT_KEYS_DIFFER = (
        "A joint signature names other signers than its account has.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    JOINT_PART_WRONG = (
        "A part of a joint signature is there already, and it is wrong.",
        "Start the joint signature again, with all its signers.",
    )
