"""The mutants that survive, each with a reason in one line: `survivors.txt`.

    [signer.module]
    function: before -> after
        Why no test can tell, or why none has to.

A reason holds for all the mutants above it, back to the reason before.
"""

from pathlib import Path

from tests.mutation.mutants import Mutant, Source

TABLE = Path(__file__).with_name("survivors.txt")


class Survivors:
    """What the table says."""

    def __init__(self, text: str) -> None:
        """Raises ValueError if mutants are left without a reason."""
        self._reasons: dict[tuple[str, str], str] = {}
        module, waiting = "", list[str]()
        for line in text.splitlines():
            if line.startswith("["):
                module = line.strip("[]")
            elif line.startswith(" "):
                self._reasons |= {(module, mutant): line.strip() for mutant in waiting}
                waiting = []
            elif line:
                waiting.append(line)
        if waiting:
            raise ValueError(f"No reason is given for: {waiting[0]}")

    @property
    def modules(self) -> set[str]:
        """Those that have an explained mutant."""
        return {module for module, _ in self._reasons}

    def explains(self, mutant: Mutant) -> bool:
        return (mutant.module, mutant.text) in self._reasons

    def unknown(self, source: Source) -> list[str]:
        """What the table explains and is no mutant of the module any more."""
        texts = {mutant.text for mutant in source.mutants}
        return [
            text for module, text in self._reasons if module == source.module and text not in texts
        ]
