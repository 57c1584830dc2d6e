"""In which order inline policies are brought to what is declared, so that nobody is without a right in between."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """Inline policies to write and delete: what adds rights first, what takes them away once nothing needs them.

    `delete_first` and `put_first` go first, in this order; the rest when the old credential has gone.
    """

    delete_first: tuple[str, ...] = ()
    put_first: tuple[tuple[str, str], ...] = ()
    put_after: tuple[tuple[str, str], ...] = ()
    delete_after: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.delete_first or self.put_first or self.put_after or self.delete_after)
