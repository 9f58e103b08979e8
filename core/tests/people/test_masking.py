"""What a reader without the permission to unmask is shown."""

import pytest

from zhiyuan.people import masking


@pytest.mark.parametrize(
    ("full", "masked"), [("张伟", "张*"), ("欧阳小明", "欧**"), ("Ada Lovelace", "A*** L***"), ("", "")]
)
def test_names(full: str, masked: str) -> None:
    assert masking.name(full) == masked


@pytest.mark.parametrize(
    ("number", "masked"), [("+8613812345678", "138****5678"), ("+41441234567", "+41****67"), ("123", "****")]
)
def test_phones(number: str, masked: str) -> None:
    assert masking.phone(number) == masked


def test_documents_and_mail() -> None:
    assert masking.document("11010519491231002X") == "1****************X"
    assert masking.mail("anna@example.org") == "a***@example.org"
    assert masking.mail("nonsense") == "****"
