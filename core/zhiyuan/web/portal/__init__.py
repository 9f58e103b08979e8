"""The public portal and the volunteer's own pages."""

from zhiyuan.web.portal import activities, home, me, sign_in, verify

PORTAL_HANDLERS = [*home.HANDLERS, *activities.HANDLERS, *me.HANDLERS, *verify.HANDLERS, *sign_in.HANDLERS]
