"""The protected fields of a person: closed with the field key, found again by a keyed hash, opened only on purpose."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from zhiyuan.kernel.crypto import Keyring
from zhiyuan.kernel.reencryption import ProtectedColumn
from zhiyuan.people import contacts
from zhiyuan.people.models import Person


@dataclass(frozen=True, slots=True)
class ProtectedField:
    """One field of :class:`PersonDetails` that is stored encrypted.

    ``key`` brings spellings of one value together before the keyed hash of ``use`` is made; ``None`` means that the
    field is never searched for and has no hash.
    """

    name: str
    use: str | None = None
    key: Callable[[str], str] | None = None

    @property
    def column(self) -> str:
        """Return the column of the ciphertext."""
        return f"{self.name}_encrypted"

    @property
    def index_column(self) -> str | None:
        """Return the column of the keyed hash, if there is one."""
        return f"{self.name}_index" if self.use else None

    def place(self, person_id: UUID) -> str:
        """Return what the ciphertext is bound to: it opens in this row and column only."""
        return f"core__person.{self.column}:{person_id}"

    def blind(self, keyring: Keyring, value: str) -> bytes:
        """Return the keyed hash of ``value`` under the key in force."""
        assert self.use is not None
        assert self.key is not None
        return keyring.blind(self.key(value), use=self.use)

    def blinds(self, keyring: Keyring, value: str) -> tuple[bytes, ...]:
        """Return the keyed hashes of ``value`` under every key: what a search looks for while keys rotate."""
        assert self.use is not None
        assert self.key is not None
        return keyring.blinds(self.key(value), use=self.use)

    def closed(self, keyring: Keyring, person_id: UUID, value: str | None) -> dict[str, bytes | None]:
        """Return the columns that hold ``value`` for the person ``person_id``; ``None`` empties them."""
        columns: dict[str, bytes | None] = {
            self.column: None if value is None else keyring.encrypt(value, place=self.place(person_id))
        }
        if self.index_column:
            columns[self.index_column] = None if value is None else self.blind(keyring, value)
        return columns

    def opened(self, keyring: Keyring, person_id: UUID, row: Mapping[str, Any]) -> str | None:
        """Return the value in clear from a ``row`` of the person table. Raises Undecryptable."""
        stored = row[self.column]
        return None if stored is None else keyring.decrypt(stored, place=self.place(person_id))


DOCUMENT_NUMBER: Final = ProtectedField("document_number", "person.document_number", lambda number: number)
PHONE: Final = ProtectedField("phone", "person.phone", contacts.phone_key)
EMAIL: Final = ProtectedField("email", "person.email", contacts.mail_key)
ADDRESS: Final = ProtectedField("address")
EMERGENCY_CONTACT: Final = ProtectedField("emergency_contact")

PROTECTED: Final = (DOCUMENT_NUMBER, PHONE, EMAIL, ADDRESS, EMERGENCY_CONTACT)
"""Every protected field."""

COLUMNS: Final = tuple(
    ProtectedColumn(
        table=Person.__table__,  # type: ignore[attr-defined]  # SQLModel types do not know __table__
        column=field.column,
        index_column=field.index_column,
        use=field.use,
        key=field.key,
    )
    for field in PROTECTED
)
"""What key rotation walks over; declared by the composition root."""
