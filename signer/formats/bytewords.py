"""Bytewords, minimal style (BCR-2020-012): each byte is two letters, a CRC-32 at the end."""

from binascii import crc32
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
_BYTES: Final = {pair: value for value, pair in enumerate(_PAIRS)}
_CHECKSUM_BYTES: Final = 4


def encode(data: bytes) -> str:
    """`data` and its CRC-32 (big endian) as lower-case letters, two a byte (BCR-2020-012)."""
    return "".join([_PAIRS[byte] for byte in data + _checksum(data)])


def decode(text: str) -> bytes:
    """The bytes behind `text`, of either case, without the checksum. Raises Malformed."""
    letters = text.lower()
    try:
        raw = bytes([_BYTES[letters[i : i + 2]] for i in range(0, len(letters), 2)])
    except KeyError:
        raise Malformed("The code holds letters that are no bytewords.") from None
    data, claimed = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    if not data or claimed != _checksum(data):
        raise Malformed("The checksum of the bytewords does not match.")
    return data


def _checksum(data: bytes) -> bytes:
    """CRC-32 as ISO 3309 has it, 4 bytes big endian. It finds accidents and stops no attacker."""
    return crc32(data).to_bytes(_CHECKSUM_BYTES, "big")
