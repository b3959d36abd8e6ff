"""Bytewords, minimal style (BCR-2020-012): each byte is two letters, a CRC-32 at the end."""

from binascii import crc32
from struct import error as StructError  # noqa: N812 - it is a class
from struct import unpack
from typing import Final

from signer.errors import Malformed

# The 256 four-letter words of BCR-2020-012 in order; the minimal style keeps first and last letter.
_WORDS: Final = (
    "ableacidalsoapexaquaarchatomauntawayaxisbackbaldbarnbeltbetabiasbluebodybragbrewbulbbuzz"
    "calmcashcatschefcityclawcodecolacookcostcruxcurlcuspcyandarkdatadaysdelidicedietdoordown"
    "drawdropdrumdulldutyeacheasyechoedgeepicevenexamexiteyesfactfairfernfigsfilmfishfizzflap"
    "flewfluxfoxyfreefrogfuelfundgalagamegeargemsgiftgirlglowgoodgraygrimgurugushgyrohalfhang"
    "hardhawkheathelphighhillholyhopehornhutsicedideaidleinchinkyintoirisironitemjadejazzjoin"
    "joltjowljudojugsjumpjunkjurykeepkenokeptkeyskickkilnkingkitekiwiknoblamblavalazyleaflegs"
    "liarlimplionlistlogoloudloveluaulucklungmainmanymathmazememomenumeowmildmintmissmonknail"
    "navyneednewsnextnoonnotenumbobeyoboeomitonyxopenovalowlspaidpartpeckplaypluspoempoolpose"
    "puffpumapurrquadquizraceramprealredorichroadrockroofrubyruinrunsrustsafesagascarsetssilk"
    "skewslotsoapsolosongstubsurfswantacotasktaxitenttiedtimetinytoiltombtoystriptunatwinugly"
    "undouniturgeuservastveryvetovialvibeviewvisavoidvowswallwandwarmwaspwavewaxywebswhatwhen"
    "whizwolfworkyankyawnyellyogayurtzapszerozestzinczonezoom"
)
_PAIRS: Final = tuple(_WORDS[i] + _WORDS[i + 3] for i in range(0, len(_WORDS), 4))
# Both letters as one number of 16 bits: reading is three times as fast as by pieces of text.
_BYTES: Final = {int.from_bytes(pair.encode(), "little"): i for i, pair in enumerate(_PAIRS)}
_CHECKSUM_BYTES: Final = 4


def encode(data: bytes) -> str:
    """`data` and its CRC-32 (big endian) as lower-case letters, two a byte (BCR-2020-012)."""
    return "".join([_PAIRS[byte] for byte in data + _checksum(data)])


def decode(text: str) -> bytes:
    """The bytes behind `text`, of either case, without the checksum. Raises Malformed."""
    letters = text.lower().encode("ascii", "replace")
    try:
        raw = bytes(map(_BYTES.__getitem__, unpack(f"<{-(-len(letters) // 2)}H", letters)))
    except (KeyError, StructError):  # a pair that is no word, or half a one
        raise Malformed("The code holds letters that are no bytewords.") from None
    data, claimed = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    if not data or claimed != _checksum(data):
        raise Malformed("The checksum of the bytewords does not match.")
    return data


def _checksum(data: bytes) -> bytes:
    """CRC-32 as ISO 3309 has it, 4 bytes big endian. It finds accidents and stops no attacker."""
    return crc32(data).to_bytes(_CHECKSUM_BYTES, "big")
