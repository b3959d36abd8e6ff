"""Jade's methods about registered accounts: multisig ones, and descriptors with keys by number."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from firmware_emu.commands import (
    AccountDetails,
    Command,
    Fault,
    FaultCode,
    GetAccounts,
    Register,
    ShowAccountAddress,
)
from firmware_emu.personalities.jade import multisig
from firmware_emu.personalities.jade.params import (
    CHAIN,
    LONGEST_NAME,
    MOST_SIGNERS,
    BadParameter,
    Params,
)
from signer.errors import Malformed
from signer.formats import cbor, multisig_file

_LONGEST_TEMPLATE = 511
_LONGEST_KEY = 159
_LONGEST_NAME = 64
_TEMPLATE = "Failed to extract valid output descriptor string from parameters"
_VALUES = "Failed to extract valid parameter values"
_PLACE = "Failed to extract valid branch or pointer from parameters"
NOT_BY_STEPS = "Unexpected number of signer paths or invalid path for multisig"
NO_MULTISIG = Fault(FaultCode.BAD_PARAMETERS, "The account of this name is no multisig wallet.")


def register_multisig(value: cbor.Value) -> Command:
    params = Params.of(value)
    if params.has("multisig_file"):
        return _from_file(params)
    network = params.network()
    name = params.name("multisig_name", "multisig")
    multi = multisig.read(params.given.get("descriptor"))
    return Register(CHAIN, network, name, multi.template(), multi.keys(), multi.spelled())


def _from_file(params: Params) -> Command:
    text = params.text("multisig_file", multisig_file.LONGEST, "Invalid multisig file")
    try:
        file = multisig_file.parse(text)
    except Malformed as error:
        raise BadParameter(str(error)) from None
    multi = multisig.of_file(file)
    name = _file_name(file.name)
    # A file names no network. Its keys tell real coins from test coins, and no more.
    network = "mainnet" if file.is_mainnet else "testnet"
    if params.has("network"):
        network = params.network()
    return Register(CHAIN, network, name, multi.template(), multi.keys())


def _file_name(text: str) -> str:
    """A name as Jade's can be: no spaces, 15 letters. The person reads it before it is kept."""
    short = text.replace(" ", "_")[:LONGEST_NAME]
    if not short or not all("!" <= letter <= "~" for letter in short):
        raise BadParameter("Missing or invalid multisig name parameter")
    return short


def register_descriptor(value: cbor.Value) -> Command:
    params = Params.of(value)
    network = params.network()
    name = params.name("descriptor_name", "descriptor")
    template = params.text("descriptor", _LONGEST_TEMPLATE, _TEMPLATE)
    return Register(CHAIN, network, name, template, _keys(params.given.get("datavalues")))


def _keys(values: cbor.Value) -> tuple[str, ...]:
    if not isinstance(values, dict) or not 1 <= len(values) <= MOST_SIGNERS:
        raise BadParameter(_VALUES)
    texts = Params(values)
    for name in values:
        texts.text(str(name), _LONGEST_KEY, _VALUES)
    numbered = [f"@{number}" for number in range(len(values))]
    if set(numbered) != set(values):
        raise BadParameter("Failed to parse descriptor. Its keys are @0, @1 and so on.")
    return tuple(texts.text(name, _LONGEST_KEY, _VALUES) for name in numbered)


def multisig_address(params: Params) -> Command:
    network = params.network()
    name = params.text("multisig_name", _LONGEST_NAME, "Cannot find named multisig wallet")
    return ShowAccountAddress(CHAIN, network, name, params.paths(NOT_BY_STEPS))


def descriptor_address(params: Params) -> Command:
    network = params.network()
    name = params.text("descriptor_name", _LONGEST_NAME, "Cannot find named descriptor wallet")
    place = (params.number("branch", _PLACE, 0), params.number("pointer", _PLACE))
    return ShowAccountAddress(CHAIN, network, name, (place,))


def get_all(_value: cbor.Value) -> Command:
    return GetAccounts()


def get_multisig(value: cbor.Value) -> Command:
    params = Params.of(value)
    params.choice("as_file", "Failed to extract valid as_file parameter")
    return GetAccounts(params.name("multisig_name", "multisig"))


def get_descriptor(value: cbor.Value) -> Command:
    return GetAccounts(Params.of(value).name("descriptor_name", "descriptor"))


Value: TypeAlias = "cbor.Value | Fault"


def _multisigs(accounts: tuple[AccountDetails, ...]) -> Value:
    multi = {account.name: multisig.of_account(account) for account in accounts}
    return {name: multisig.summary(account) for name, account in multi.items() if account}


def _multisig(accounts: tuple[AccountDetails, ...]) -> Value:
    (account,) = accounts
    multi = multisig.of_account(account)
    if not multi:
        return NO_MULTISIG
    return {"multisig_name": account.name, "descriptor": multisig.descriptor(multi)}


def _file(accounts: tuple[AccountDetails, ...]) -> Value:
    (account,) = accounts
    multi = multisig.of_account(replace(account, spelled=()))  # a file's keys have no path below
    if not multi:
        return NO_MULTISIG
    return {"multisig_file": multisig_file.render(multisig.to_file(account.name, multi))}


def _descriptors(accounts: tuple[AccountDetails, ...]) -> Value:
    return {
        account.name: {"descriptor_len": len(account.template), "num_datavalues": len(account.keys)}
        for account in accounts
    }


def _descriptor(accounts: tuple[AccountDetails, ...]) -> Value:
    (account,) = accounts
    return {
        "descriptor_name": account.name,
        "descriptor": account.template,
        "datavalues": {f"@{number}": key for number, key in enumerate(account.given_keys)},
    }


# By what was asked, in which form.
RENDERERS: Mapping[str, Callable[[tuple[AccountDetails, ...]], Value]] = {
    "get_registered_multisigs": _multisigs,
    "get_registered_multisig": _multisig,
    "get_registered_multisig as_file": _file,
    "get_registered_descriptors": _descriptors,
    "get_registered_descriptor": _descriptor,
}
