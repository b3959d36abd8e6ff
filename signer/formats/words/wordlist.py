"""The ten word lists of BIP39, checked: they encode seeds, and English what two screens compare.

They are read from the files of the `mnemonic` package. The package itself is not executed: it would
bring a source of randomness and a quarter of the signer's start-up time with it.
"""

from functools import lru_cache
from importlib.machinery import PathFinder, SourceFileLoader

from signer.errors import Malformed
from signer.hashes import sha256

# SHA256 of each file. Another list, by accident or on purpose, would make backups that restore
# nowhere else, so nothing starts with one.
_SHA256 = {
    "english": "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda",
    "japanese": "2eed0aef492291e061633d7ad8117f1a2b03eb80a29d0e4e3117ac2528d05ffd",
    "korean": "9e95f86c167de88f450f0aaf89e87f6624a57f973c67b516e338e8e8b8897f60",
    "spanish": "46846a5a0139d1e3cb77293e521c2865f7bcdb82c44e8d0a06a2cd0ecba48c0b",
    "chinese_simplified": "5c5942792bd8340cb8b27cd592f1015edf56a8c5b26276ee18a482428e7c5726",
    "chinese_traditional": "417b26b3d8500a4ae3d59717d7011952db6fc2fb84b807f3f94ac734e89c1b5f",
    "french": "ebc3959ab7801a1df6bac4fa7d970652f1df76b683cd2f4003c941c63d517e59",
    "italian": "d392c49fdb700a24cd1fceb237c1f65dcc128f6b34a8aacb58b59384b5c648c2",
    "czech": "7e80e161c3e93d9554c2efb78d4e3cebf8fc727e9c52e03b83b94406bdcc95fc",
    "portuguese": "2685e9c194c82ae67e10ba59d9ea5345a23dc093e92276fc5361f6667d79cd3f",
}

LANGUAGES = tuple(_SHA256)
"All languages, in the order in which BIP85 numbers them."


@lru_cache(maxsize=len(_SHA256))
def words_of(language: str) -> tuple[str, ...]:
    """The 2048 words of one of LANGUAGES, in NFKD; a word's place is its 11-bit value.

    Only English is there from the start: another list is read from its file when it is first asked
    for, so a process that will lose its right to open files asks before. Raises Malformed for an
    unknown language.
    """
    if language not in _SHA256:
        raise Malformed("There is no word list for this language.")
    return _checked(language, _file(language))


def _file(language: str) -> bytes:
    spec = PathFinder.find_spec("mnemonic")
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        raise RuntimeError("The word lists are not installed.")
    package = spec.loader.path.removesuffix("__init__.py")
    return spec.loader.get_data(f"{package}wordlist/{language}.txt")


def _checked(language: str, file: bytes) -> tuple[str, ...]:
    if sha256(file).hex() != _SHA256[language]:
        raise RuntimeError(f"The installed word list is not the {language} list of BIP39.")
    return tuple(file.decode().split())


ENGLISH = words_of("english")
"2048 words in alphabetical order."
