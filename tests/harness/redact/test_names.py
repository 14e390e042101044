"""Which names tell of a secret."""

from __future__ import annotations

import pytest

from harness.redact.names import Names

PASSWORDS = ["password", "Passwd", "pwd", "user[password]", "newPassword2", "login_pw", "PIN", "pass"]
PASSWORDS += ["motdepasse", "mot_de_passe", "mdp", "senha", "contrasena", "wachtwoord", "haslo", "heslo", "salasana"]
PASSWORDS += [
    "jelszo",
    "sifre",
    "pwort",
    "pswd",
    "psw",
    "upw",
    "mypw",
    "dbpw",
    "db_pass",
    "dbpass",
    "ftppass",
    "userpwd",
]
TOKENS = ["token", "csrfmiddlewaretoken", "authenticity_token", "PHPSESSID", "connect.sid", "api_key", "X-Api-Key"]
TOKENS += ["accessKey", "__RequestVerificationToken", "session", "OTP", "client_secret", "X-CSRFToken", "card_number"]
TOKENS += ["cc_number", "ccnum", "creditcard", "credit_card", "cardno", "card_no", "puk", "mtan", "itan"]
WEAK = ["key", "code", "state", "order_key", "nonce", "clave", "parola", "geheim"]
NONE = [
    "token_type",
    "password_strength",
    "session_timeout",
    "author",
    "sidebar",
    "keyboard",
    "shopping",
    "design",
    "q",
]
NONE += [
    "passenger",
    "compass",
    "encoded",
    "category",
    "card_note",
    "account",
    "passe_partout",
    "creditcard_type",
    "salary",
    "success",
]
EXPECTED = {
    **dict.fromkeys(PASSWORDS, "password"),
    **dict.fromkeys(TOKENS, "token"),
    **dict.fromkeys(WEAK, "weak"),
    **dict.fromkeys(NONE, ""),
}


@pytest.mark.parametrize(("name", "verdict"), EXPECTED.items(), ids=EXPECTED)
def test_a_name_tells(name: str, verdict: str) -> None:
    """By its words, however they are joined."""
    assert Names().verdict(name) == verdict


@pytest.mark.parametrize("name", [*PASSWORDS, *TOKENS, *WEAK])
def test_a_telling_name_is_seen_among_words(name: str) -> None:
    """One of its runs of letters and digits is enough to look at it."""
    words = "".join(one if one.isalnum() else " " for one in name).encode().split()
    assert Names().telling([b"item", *words])


@pytest.mark.parametrize(
    "text", ["fkHxcGjwGzXRMxH8KtR2.gsZgnTGnXnQbPwG7CDW0", "a8fPin7XqSid0Lm", "3f2a9c8b-pw-7d6e5f40"]
)
def test_random_texts_are_no_names(text: str) -> None:
    """A word of two or three letters stands in them by chance; a longer one does not."""
    assert Names().verdict(text + "0Pw5") == ""
    assert Names().verdict(f"{text}_session_password_{text}") == "password"


def test_words_that_tell_nothing_are_not_looked_at() -> None:
    """However much they resemble one."""
    assert Names().telling([name.encode() for name in NONE if "_" not in name]) == []
