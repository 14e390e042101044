"""Which names say that what they name is a secret: a name in (of a field, a cookie, a header), a verdict out.

Names are taken apart into words (`newPassword2`, `user[api-key]`, `X_CSRF_TOKEN`). Some words are sure; weak ones
(`key`, `code`) speak of a secret only where the value is as irregular as one.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from harness.bind.token import STRONG_LENGTH, strength


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(words.split())


PASSWORD_WORDS = word_set(
    "password passwd passwort passphrase passcode pass pwd passw pw pin kennwort pwort pswd psw upw mypw userpw "
    "userpwd dbpw dbpwd dbpass ftppass mdp motdepasse senha contrasena wachtwoord haslo heslo salasana jelszo sifre"
)
SURE_WORDS = PASSWORD_WORDS | word_set(
    "secret secrets token tokens csrf xsrf csrftoken otp totp tan sid session sessid sessionid sig signature apikey "
    "jwt bearer credential credentials authenticity cvv cvc cvn ssn saml samlresponse authorization puk mtan itan "
    "creditcard ccnumber ccnum ccno cardno cardnum"
)
WEAK_WORDS = word_set(
    "key code state nonce hash ticket verifier auth challenge assertion access login clave parola geheim"
)
"""What may as well be a word that somebody looks up (`parola`), or an identifier."""
SURE_PARTS = (
    "password", "passwd", "passphrase", "passcode", "secret", "token", "csrf", "xsrf", "apikey", "accesskey",
    "privatekey", "signingkey", "signature", "sessionid", "sessid", "sessionkey", "credential", "authenticity",
    "cardnumber", "securitycode", "authcode", "accesscode", "userpass", "samlresponse", "resetkey",
    "resetcode", "activationkey", "confirmkey",
)  # fmt: skip
"""What says it within a name, however its words are joined (`PHPSESSID`, `authtoken`)."""
JOINED = word_set("motdepasse creditcard ccnumber ccnum ccno cardno cardnum")
"""Names that say it as a whole, whatever joins their words (`card_no`)."""
TOLD_ABOUT = word_set(
    "type url uri urls endpoint name names label count length len min max size expires expiry expiration expire ttl "
    "lifetime timeout age enabled disabled required policy strength method methods algorithm field fields param params "
    "header cookie scope scopes at error errors message placeholder title class style hint version format"
)
"""Last words of names that speak about a secret, not of it: `token_type`, `password_strength`."""
HARMLESS = word_set(
    "lang language locale theme tz timezone currency country cookieconsent cookie_consent consent font fontsize"
)
"""Cookies that are no secret, where the value is a plain word."""

STEMS = re.compile(
    rb"pass|pwd|pw|pin|kennw|secret|token|[cx]srf|otp|tan|sid|sess|sig|jwt|bearer|cred|authen|cv[vcn]|ssn|saml|key|code|"
    rb"state|nonce|hash|ticket|verifier|auth|challenge|assertion|access|login|card|private|confirm|activat|reset|"
    rb"psw|puk|mdp|senha|contras|wachtw|haslo|heslo|salas|jelsz|sifre|clave|parola|geheim|\bcc(?:num|no)?",
)
"""What each telling name has in it, in lower case: the quick way to see that most words tell nothing."""
OPENING = word_set("card api private user cc passe")
"""Words that only tell something before another one: `card_number`."""

SPEAKABLE = 3
"""Letters that the words of a name have on average; those of a random text have fewer."""
SURE = ("password", "token")
"""Verdicts that need no look at the value."""

_DIGITS = b"0123456789"
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORDS = re.compile(r"[a-z]+")
_PLAIN_NAME = re.compile(r"[A-Za-z_:$][\w.:$\[\]-]{0,59}\Z")


def shown(name: str) -> str:
    """Return a name as places tell it: none that may be a secret itself."""
    return name if _PLAIN_NAME.match(name) and strength(name.encode()) != "strong" else "?"


class Names:
    """The built-in names and those that `[redact]` adds (`fields`) or takes away (`clear`), whatever their case."""

    def __init__(self, fields: Collection[str] = (), clear: Collection[str] = ()) -> None:
        self._fields = frozenset(map(_joined, fields))
        self._clear = frozenset(map(_joined, clear))
        self._verdicts: dict[str, str] = {}

    def verdict(self, name: str) -> str:
        """Return `password`, `token`, `weak` (a secret only where the value looks like one), or empty."""
        verdict = self._verdicts.get(name)
        if verdict is None:
            if len(self._verdicts) > 10_000:
                self._verdicts.clear()
            verdict = self._verdicts[name] = self._judge(name)
        return verdict

    def is_clear(self, name: str) -> bool:
        """Tell whether the user says that values of this name may stay."""
        return _joined(name) in self._clear

    def telling(self, words: Collection[bytes]) -> list[bytes]:
        """Return the words that may be telling names, or parts of one."""
        if self._fields:
            return [word for word in words if self._tells(word.decode("latin-1"))]
        # Most words of a text that are new are numbers, and no stem has a digit in it.
        if not STEMS.search(b" ".join(words).translate(None, _DIGITS).lower()):
            return []
        return [word for word in words if _has_stem(word) and self._tells(word.decode("latin-1"))]

    def _tells(self, word: str) -> bool:
        if self.verdict(word) or word.lower() in OPENING:
            return True
        joined = word.lower()
        return any(joined in field or field in joined for field in self._fields)

    def _judge(self, name: str) -> str:
        joined = _joined(name)
        if joined in self._clear:
            return ""
        if joined in self._fields:
            return "password" if "pass" in joined else "token"
        words = _WORDS.findall(_CAMEL.sub(" ", name).lower())
        if joined in JOINED:
            return "password" if "pass" in joined else "token"
        if not words or words[-1] in TOLD_ABOUT:
            return ""
        if len(name) >= STRONG_LENGTH and sum(map(len, words)) < SPEAKABLE * len(words):
            words = []  # by chance: one in three hundred random texts has a `Pw` in it
        if not PASSWORD_WORDS.isdisjoint(words) or "passw" in joined:
            return "password"
        if not SURE_WORDS.isdisjoint(words) or any(part in joined for part in SURE_PARTS):
            return "token"
        return "" if WEAK_WORDS.isdisjoint(words) else "weak"


def _has_stem(word: bytes) -> bool:
    if word.isdigit():
        return False
    low = word.lower()
    return STEMS.search(low) is not None or low.decode("latin-1") in OPENING


def _joined(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
