"""Translated words in Jinja templates, each bound to its owner's domain while the template is compiled.

``_("...")``, ``ngettext("...", "...", n)`` and ``{% trans %}`` mean the words of whoever wrote *this* template: a page of a
plugin that extends the core's layout leaves the layout's words to the core. The owner is read off the template's name:
``insurance/list.html`` and ``insurance:list.html`` belong to the domain ``insurance`` if one is declared, everything
else to the core. Surprising: a message that is not a literal is escaped like any other value.
"""

from collections.abc import Iterator
from typing import Any, Final

from jinja2 import Environment, nodes, pass_eval_context
from jinja2.ext import InternationalizationExtension
from jinja2.lexer import Token, TokenStream
from jinja2.nodes import EvalContext
from jinja2.parser import Parser
from markupsafe import Markup, escape

from zhiyuan.kernel.i18n import CORE_DOMAIN, active_translator, domains

_FUNCTIONS: Final = {"_": "gettext", "gettext": "gettext", "ngettext": "ngettext"}


def domain_of_template(name: str | None) -> str:
    """Return the gettext domain that the words of the template called ``name`` belong to."""
    prefix, colon, path = (name or "").rpartition(":")
    known = domains()
    if colon and prefix in known:
        return prefix
    if colon and prefix == "core":
        return CORE_DOMAIN
    folder = path.split("/", 1)[0] if "/" in path else ""
    return folder if folder in known else CORE_DOMAIN


class DomainExtension(InternationalizationExtension):
    """Jinja's own i18n extension, with the domain written into every call. Speaks what ``i18n.activate`` last said."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext)
        environment.newstyle_gettext = True  # type: ignore[attr-defined]  # put there by Jinja's extension

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Turn ``_("x")`` into ``_("domain", literal, "x")``."""
        domain = domain_of_template(stream.name)
        previous = ""
        while not stream.eos:
            token = next(stream)
            yield token
            is_call = token.type == "name" and token.value in _FUNCTIONS and stream.current.type == "lparen"
            if is_call and previous not in ("dot", "pipe"):
                yield next(stream)
                yield Token(token.lineno, "string", domain)
                yield Token(token.lineno, "comma", ",")
                yield Token(token.lineno, "name", "true" if stream.current.type == "string" else "false")
                yield Token(token.lineno, "comma", ",")
            previous = token.type

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        """Parse a ``{% trans %}`` block and write the domain into the call it makes."""
        parsed = super().parse(parser)
        output = parsed[-1] if isinstance(parsed, list) else parsed
        for call in output.find_all(nodes.Call):
            if call in output.nodes:  # type: ignore[attr-defined]  # what Jinja's extension makes is an Output
                call.args[:0] = [nodes.Const(domain_of_template(parser.name)), nodes.Const(True)]
        return parsed


@pass_eval_context
def _gettext(context: EvalContext, domain: str, is_literal: object, message: str, **variables: Any) -> str:
    text = active_translator().translate(domain, message)
    return _filled(context, text, variables, is_literal=is_literal)


@pass_eval_context
def _ngettext(
    context: EvalContext,
    domain: str,
    is_literal: object,
    singular: str,
    plural: str,
    num: int,
    **variables: Any,
) -> str:
    text = active_translator().translate_plural(domain, singular, plural, num)
    return _filled(context, text, {"num": num, **variables}, is_literal=is_literal)


def _filled(context: EvalContext, text: str, variables: dict[str, Any], *, is_literal: object) -> str:
    if not context.autoescape:
        return text % variables if is_literal else text
    if not is_literal:
        return escape(text)
    return Markup(text) % variables  # noqa: S704  # a literal of the template or its translation, like the template itself
