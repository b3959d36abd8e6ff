"""Miniscript (BIP379) in P2WSH and tapscript: parsed, type-checked, bounded, compiled.

    miniscript = parse("and_v(v:pk(A),older(144))", Context.WSH, key=str)
    miniscript.check_sane()
    script = miniscript.compile(keys.__getitem__)

Keys are whatever `key` makes of their texts. What lies behind a script is no business of this
package: outputs, derivation and signatures belong to who calls it.
"""

from signer.chains.bitcoin.descriptors.miniscript.fragment import Fragment
from signer.chains.bitcoin.descriptors.miniscript.parse import parse
from signer.chains.bitcoin.descriptors.miniscript.table import Context

__all__ = ["Context", "Fragment", "parse"]
