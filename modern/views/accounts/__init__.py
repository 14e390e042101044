"""The pages of those who have an account: what each name and each action leads to."""

from __future__ import annotations

from .keys import addkey, delkey
from .login import clear_auth, google_login, login, login_form, logout
from .openid import claim, dropid, openid, openid_endpoint, openid_return
from .passwords import forgotten_password, forgotten_password_form, password_reset, pw_reset, pw_reset_change
from .profile import delete_user, user_form
from .registration import register_form, user

SITE = {"google_login": google_login}
ACTIONS = {
    "addkey": addkey, "claim": claim, "clear_auth": clear_auth, "delete_user": delete_user, "delkey": delkey,
    "dropid": dropid, "forgotten_password": forgotten_password, "forgotten_password_form": forgotten_password_form,
    "login": login, "login_form": login_form, "logout": logout, "openid": openid,
    "openid_decide_post": openid_endpoint, "openid_endpoint": openid_endpoint, "openid_return": openid_return,
    "password_reset": password_reset, "pw_reset": pw_reset, "pw_reset_change": pw_reset_change,
    "register_form": register_form, "user": user, "user_form": user_form,
}  # fmt: skip
