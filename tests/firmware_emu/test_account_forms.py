"""Accounts for other programs: of any kind and number, in each form, found again by strangers."""

import json
from collections.abc import Mapping

import bdkpython as bdk
import pytest
from embit import bip32
from embit.descriptor import Descriptor
from embit.networks import NETWORKS

from firmware_emu.flows.menu.account_forms import EVERY, KINDS, KeyKind
from firmware_emu.screens.notice import Question
from firmware_emu.screens.qr import Qr
from signer.formats import account, cbor
from signer.formats.account import HARDENED
from signer.formats.payload import reader
from signer.formats.payload.values import AccountDescription, AccountKeys
from signer.formats.qr.parts import Progress
from signer.formats.qr.peers import PROGRAMS, AccountForm, Program
from signer.formats.qr.ur import Ur
from tests.desk import Desk, unlocked_desk
from tests.payload_kinds import ROOTS
from tests.signer.formats.qr import node

ROOT = ROOTS[0]
FINGERPRINT = "73c5da0a"
REGISTRY = "@keystonehq/bc-ur-registry"
PEER = f"""
{node.required(REGISTRY)}
const hex = (bytes) => bytes && bytes.toString('hex');
const keyOf = (output) => {{
  const key = output.getCryptoKey(), origin = key.getOrigin();
  return {{
    path: origin.getPath(), depth: origin.getDepth(), parent: hex(key.getParentFingerprint()),
    chain: hex(key.getChainCode()), key: hex(key.getKey()), fingerprint: hex(
      origin.getSourceFingerprint()),
  }};
}};
function answer(job) {{
  const decoder = new peer.URRegistryDecoder();
  for (const text of job.read) decoder.receivePart(text);
  const whole = decoder.resultRegistryType();
  return whole.getOutputDescriptors ? whole.getOutputDescriptors().map(keyOf) : [keyOf(whole)];
}}
"""
NGRAVE = f"""
{node.required("@ngraveio/bc-ur")}
function answer(job) {{
  const decoder = new peer.URDecoder();
  for (const text of job.read) decoder.receivePart(text);
  const ur = decoder.resultUR();
  return {{type: ur.type, cbor: ur.cbor.toString('hex')}};
}}
"""
# The vector of BCR-2023-019.
PUBLISHED = (
    "ur:account-descriptor/oeadcyemrewytyaolttantjyoeadiojojeisdefzdydtaolytantjloxaxhdclaxwmfm"
    "deiamecsdsemgtvsjzcncygrkowtrontzschgezokstswkkscfmklrtauteyaahdcxiehfonurdppfyntapejpproy"
    "pegrdawkgmaewejlsfdtsrfybdehcaflmtrlbdhpamtantjooeadlncsdwykaeykaeykaocyemrewytyaycynlytsn"
    "yltantjyoeadjzjkisdektjojeisdefzdydtdtaolytantjloxaxhdclaostvelfemdyynwydwyaievosrgmambklo"
    "vabdgypdglldvespsthysadamhpmjeinaahdcxntdllnaaeykoytdacygegwhgjsiyonpywmcmrpwphsvodsrerozs"
    "byaxluzcoxdpamtantjooeadlncsehykaeykaeykaocyemrewytyaycypdbskeuytantjyoeadisktjojeisdefzdy"
    "dtaolytantjloxaxhdclaxzcfxeegdrpmogrgwkbzctlttweadkiengrwlhtprremouoluutqdpfbncedkynfhaahd"
    "cxjpwevdeogthttkmeswzcolcpsaahcfnshkhtehytclmnteatmoteadtlwynnftloamtantjooeadlncsghykaeyk"
    "aeykaocyemrewytyaycybthlvytstantjyoeadjojkisdeiajljkiniojtihjpdefzdydtdtaolytantjloxaxhdcl"
    "axhhsnhdrpftdwuocntilydibehnecmovdfekpjkclcslasbhkpawsaddmcmmnahnyaahdcxlotedtndfymyltclhl"
    "mtpfsadscnhtztaolbnnkistaedegwfmmedreetnwmcycnamtantjooeadlfcsdpykaocyemrewytyaycyemrewyty"
    "tantjyoeadkpjkisdektjkisdeiajljkiniojtihjpdefzdydtdtdtaolytantjloxaxhdclaxdwkswmztpytnswts"
    "ecnblfbayajkdldeclqzzolrsnhljedsgminetytbnahatbyaahdcxkkguwsvyimjkvwteytwztyswvendtpmncpas"
    "frrylprnhtkblndrgrmkoyjtbkrpamtantjooeadlocsdyykaeykaeykadykaocyemrewytyaycyhkrpnddrtantjy"
    "oeadjsktjkisdeiajljkiniojtihjpdefzdydtdtaolytantjloxaxhdclaohnhffmvsbndslrfgclpfjejyatbdpe"
    "bacnzokotofxntaoemvskpaowmryfnotfgaahdcxdlnbvecentssfsssgylnhkrstoytecrdlyadrekirfaybglahl"
    "talsrfcaeerobwamtantjooeadlocsdyykaeykaeykaoykaocyemrewytyaycyhkrpnddrtantjyoeadiyjyjpdefz"
    "dydtaolytantjloxaxhdclaorkrhkeytwsoykorletwstbwycagtbsotmeptjkesgwrfcmveskvdmngujzttgtdpaa"
    "hdcxgrfgmuvyylmwcxjtttechplslgoegagaptdniatidmhdmebdwfryfsnsdkcplyvaamtantjooeadlncshfykae"
    "ykaeykaocyemrewytyaycytostatbnyadleoeh"
)
ALL = "All of them"
NUMBERS = (0, 7, HARDENED - 1)
Codes = Mapping[str, tuple[str, ...]]


def way(kind: KeyKind, number: int, coin: int = 1) -> str:
    steps = "".join(f"/{step - HARDENED}h" for step in kind.steps)
    return f"m/{kind.purpose}h/{coin}h/{number}h{steps}"


def xpub(kind: KeyKind, number: int, letters: str = "xpub", network: str = "test") -> str:
    """By another library."""
    path = way(kind, number, 0 if network == "main" else 1).replace("h", "'")
    key = ROOT.derive(path).to_public()
    return str(key.to_base58(NETWORKS[network][letters]))


def shown(desk: Desk, label: str, number: int, program: str = "Another") -> Codes:
    """By the name of each form, the codes that a person is led to."""
    desk.press("ok")
    desk.choose("Account for a program")
    desk.choose(label)
    desk.type(str(number))
    desk.press("ok")
    desk.choose(program)
    assert isinstance(desk.screen, Question)
    desk.press("ok")
    codes: dict[str, tuple[str, ...]] = {}
    while isinstance(desk.screen, Qr) and desk.screen.title not in codes:
        codes[desk.screen.title] = desk.screen.frames
        desk.type("c")
    desk.press("ok")
    return codes


def payload(texts: tuple[str, ...]) -> object:
    collector = reader.Collector()
    collected = [collector.add(text.encode()) for text in texts]
    return reader.read(next(item for item in collected if not isinstance(item, Progress)))


def body(texts: tuple[str, ...]) -> Ur:
    collector = reader.Collector()
    collected = [collector.add(text.encode()) for text in texts]
    return next(item for item in collected if isinstance(item, Ur))


@pytest.fixture(scope="module")
def desk() -> Desk:
    return unlocked_desk()


@pytest.fixture(scope="module")
def mainnet() -> Desk:
    return unlocked_desk(network="mainnet")


@pytest.fixture(scope="module")
def exported(desk: Desk) -> Mapping[tuple[str, int], Codes]:
    labels = [*(kind.label for kind in KINDS), ALL]
    return {(label, number): shown(desk, label, number) for label in labels for number in NUMBERS}


Exported = Mapping[tuple[str, int], Codes]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.label)


@each_kind
def test_every_form_holds_the_very_key_and_its_path(kind: KeyKind, exported: Exported) -> None:
    for number in NUMBERS:
        expression = f"[{FINGERPRINT}{way(kind, number)[1:]}]{xpub(kind, number)}"
        codes = exported[kind.label, number]
        for form, texts in codes.items():
            match payload(texts):
                case AccountKeys(keys):
                    wanted = xpub(kind, number) if form == AccountForm.BARE.value else expression
                    assert keys == (wanted,), form
                case AccountDescription(keys=keys):
                    assert keys == (expression,), form
                case other:
                    pytest.fail(f"{form} is read as {other}")


@each_kind
def test_a_kind_has_the_forms_that_can_say_it(kind: KeyKind, exported: Exported) -> None:
    forms = {AccountForm.ACCOUNT, AccountForm.TEXT, AccountForm.ACCOUNT_V2}
    if "wsh" not in kind.script:
        forms |= {AccountForm.DESCRIPTOR, AccountForm.OUTPUT, AccountForm.OUTPUT_V2}
    if kind.purpose != 87:
        forms.add(AccountForm.FILE)
    if kind.script != "tr":
        forms.add(AccountForm.BARE)
    assert set(exported[kind.label, 7]) == {form.value for form in forms}


@each_kind
def test_the_letters_of_a_key_alone_tell_its_kind(kind: KeyKind, exported: Exported) -> None:
    letters = {"wpkh": "zpub", "sh(wpkh)": "ypub", "pkh": "xpub", "wsh": "Zpub", "sh(wsh)": "Ypub"}
    if kind.script in letters:
        expected = xpub(kind, 7, letters[kind.script])
        assert exported[kind.label, 7][AccountForm.BARE.value] == (expected,)


@each_kind
def test_bdk_and_embit_derive_our_addresses_from_the_descriptor(
    kind: KeyKind, exported: Exported
) -> None:
    if "wsh" in kind.script:
        return
    for number in NUMBERS:
        [text] = exported[kind.label, number][AccountForm.DESCRIPTOR.value]
        branches = bdk.Descriptor(text, bdk.NetworkKind.TEST).to_single_descriptors()
        derived = str(branches[0].derive_address(3, bdk.Network.TESTNET))
        other = Descriptor.from_string(text).derive(3, branch_index=0)
        assert other.address(NETWORKS["test"]) == derived


def test_a_coldcard_file_is_as_embit_derives_it(exported: Exported) -> None:
    for number in NUMBERS:
        collector = reader.Collector()
        codes = exported[ALL, number][AccountForm.FILE.value]
        *_, collected = [collector.add(text.encode()) for text in codes]
        assert not isinstance(collected, Progress | bytes)
        file = json.loads(getattr(collected, "data", b""))
        head = {"chain": "XTN", "xfp": FINGERPRINT.upper(), "account": number}
        assert {name: file[name] for name in head} == head
        assert set(file) == {*head, *(kind.section for kind in EVERY)}
        for kind in EVERY:
            section = file[kind.section]
            key = bip32.HDKey.from_string(section["xpub"])
            assert section["xpub"] == xpub(kind, number)
            assert section["deriv"] == way(kind, number).replace("h", "'")
            assert section["xfp"] == key.my_fingerprint.hex().upper()
            letters = {"wpkh": "zpub", "sh(wpkh)": "ypub", "wsh": "Zpub", "sh(wsh)": "Ypub"}
            if kind.script in letters:
                assert section["_pub"] == xpub(kind, number, letters[kind.script])
            if "wsh" not in kind.script:
                text = f"{kind.script.rstrip(')')}({key}/0/*)" + kind.script.count("(") * ")"
                first = Descriptor.from_string(text).derive(0).address(NETWORKS["test"])
                assert section["first"] == first


@node.needs(REGISTRY)
def test_keystones_library_finds_key_path_and_depth_in_our_codes(exported: Exported) -> None:
    jobs, wanted = [], []
    for (label, number), codes in exported.items():
        kinds = EVERY if label == ALL else tuple(kind for kind in KINDS if kind.label == label)
        for form in (AccountForm.ACCOUNT.value, AccountForm.OUTPUT.value):
            if form in codes:
                jobs.append({"read": list(codes[form])})
                wanted.append([(kind, number) for kind in kinds])
    assert len(jobs) > 30
    for outputs, keys in zip(node.answers(PEER, list(jobs)), wanted, strict=True):
        assert isinstance(outputs, list)
        assert len(outputs) == len(keys)
        for output, (kind, number) in zip(outputs, keys, strict=True):
            own = bip32.HDKey.from_string(xpub(kind, number))
            assert output == {
                "path": way(kind, number)[2:].replace("h", "'"),
                "depth": 3 + len(kind.steps),
                "parent": own.fingerprint.hex(),
                "chain": own.chain_code.hex(),
                "key": own.sec().hex(),
                "fingerprint": FINGERPRINT,
            }


@node.needs("@ngraveio/bc-ur")
def test_a_strangers_decoder_joins_the_codes_of_every_ur(exported: Exported) -> None:
    jobs, wanted = [], []
    for codes in exported.values():
        for texts in codes.values():
            if texts[0].startswith("UR:"):
                whole = body(texts)
                jobs.append({"read": list(texts)})
                wanted.append({"type": whole.type, "cbor": whole.cbor.hex()})
    assert len({answer["type"] for answer in wanted}) == 4
    assert node.answers(NGRAVE, list(jobs)) == wanted


def test_version_2_is_written_as_its_paper_has_it() -> None:
    """Its vector: seven scripts, of which we know six. Only the depth (keypath, 3) is ours."""
    paper = reader.read(PUBLISHED)
    assert isinstance(paper, AccountKeys)
    scripts = ("pkh", "sh(wpkh)", "wpkh", "", "sh(wsh)", "wsh", "tr")
    keys = []
    for text, script in zip(paper.keys, scripts, strict=True):
        origin, _, key = text.partition("]")
        steps = [int(step[:-1]) + HARDENED for step in origin.split("/")[1:]]
        if script:
            keys.append(account.key(script, tuple(steps), key))
    ours = account.render_descriptors(account.Account(bytes.fromhex("37b5eed4"), tuple(keys)))
    published = str(cbor.decode(reader_cbor(), cbor.LENIENT)).split("Tag(number=40308")
    written = str(cbor.decode(ours.cbor)).split("Tag(number=40308")
    for length in (3, 4):
        written = [text.replace(f", 3: {length}}})", "})") for text in written]
    bare = [text.rstrip(", ]}") for text in published if "'sh(cosigner(@0))'" not in text]
    assert [text.rstrip(", ]}") for text in written] == bare


def reader_cbor() -> bytes:
    read = reader.Collector().add(PUBLISHED.encode())
    assert isinstance(read, Ur)
    return read.cbor


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
@pytest.mark.parametrize("label", ["Native segwit (84h)", "Taproot (86h)", "Multisig (87h)", ALL])
def test_what_is_said_of_a_program_is_what_is_shown(
    program: Program, label: str, mainnet: Desk
) -> None:
    desk = mainnet
    desk.press("ok")
    desk.choose("Account for a program")
    desk.choose(label)
    desk.press("right", "ok")
    desk.choose(program.name)
    said = " ".join(desk.text.split())
    assert "mainnet." in said
    desk.press("ok")
    assert isinstance(desk.screen, Qr)
    first = f"First: {desk.screen.title.lower()}."
    assert first in said
    is_read = any(form.value == desk.screen.title for form in program.forms)
    assert ("reads no form of this kind" in said) != is_read
    desk.press("ok")


def test_going_back_anywhere_shows_nothing() -> None:
    desk = unlocked_desk()
    for presses in range(4):
        desk.press("ok")
        desk.choose("Account for a program")
        desk.press(*["ok"] * presses, "stop")
        assert not any(isinstance(show.screen, Qr) for show in desk.shown)
        assert FINGERPRINT in desk.text.replace(" ", "")


def test_a_number_is_typed_or_turned_and_never_above_the_last() -> None:
    desk = unlocked_desk()
    desk.press("ok")
    desk.choose("Account for a program")
    desk.press("ok")
    desk.type("21474836479")
    assert "  2147483647" in desk.text.split("\n")
    desk.press("right")
    assert "  0" in desk.text.split("\n")
    desk.press("left", "left")
    assert "  2147483646" in desk.text.split("\n")
    desk.type("\b\bx")
    assert "  21474836" in desk.text.split("\n")
