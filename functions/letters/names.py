"""Which variables a template names: whether there are such, and whether one may be absent where it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from liquid import BoundTemplate, RenderContext
from liquid.ast import ConditionalBlockNode, Node
from liquid.builtin.expressions import BooleanExpression, FilteredExpression, Path
from liquid.builtin.expressions.logical import LogicalAndExpression, LogicalNotExpression, LogicalOrExpression
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression

from commerce.campaigns.template import Problem
from commerce.campaigns.variables import Variable, variables

_LOOP = frozenset({"index", "index0", "rindex", "rindex0", "first", "last", "length"})
_OF_LISTS = frozenset({"first", "last", "size"})
_CONNECTING = (BooleanExpression, LogicalAndExpression, LogicalNotExpression, LogicalOrExpression)

Locals = dict[str, Variable | None]
"""Names that a template made itself: a product of that list of products, or (None) a value without parts."""


def catalogue() -> dict[str, Variable]:
    """Every variable by name."""
    return {variable.name: variable for variable in variables()}


def problems_of(template: BoundTemplate, known: dict[str, Variable]) -> tuple[set[str], list[Problem]]:
    """The variables that a template uses, and what is wrong with the names in it, in order."""
    found = _Names(known, RenderContext(template))
    found.visit(template.nodes, locals_={}, sure=frozenset())
    return found.used, list({(p.code, p.message, p.line): p for p in found.problems}.values())


def name_of(path: Path) -> str:
    """`scores.churn.reasons` of the path `scores.churn.reasons[0]`."""
    return ".".join(str(segment) for segment in path.path if not isinstance(segment, int))


def paths(expression: Expression) -> Iterator[Path]:
    """Every path of an expression."""
    if isinstance(expression, Path):
        yield expression
    for child in expression.children():
        yield from paths(child)


def _asked_alone(expression: Expression) -> Iterator[Path]:
    """The paths of a condition that are compared with nothing: whether there is a value at all."""
    if isinstance(expression, Path):
        yield expression
    elif isinstance(expression, _CONNECTING):
        for child in expression.children():
            yield from _asked_alone(child)


@dataclass
class _Names:
    known: dict[str, Variable]
    context: RenderContext
    used: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def visit(self, nodes: Iterable[Node], locals_: Locals, sure: frozenset[str]) -> None:
        """`locals_`: names that the template itself has made here; `sure`: what a condition around asked for."""
        for node in nodes:
            if isinstance(node, IfNode | UnlessNode | ConditionalBlockNode):
                self._condition(node, locals_, sure)
            elif isinstance(node, ForNode):
                self._loop(node, locals_, sure)
            elif isinstance(node, AssignNode):
                for expression in node.expressions():
                    self._values(expression, locals_)
                self._own_name(node.name, node, locals_)
            else:
                for expression in node.expressions():
                    self._shown(expression, locals_, sure)
                self.visit(node.children(self.context), locals_, sure)

    def _condition(
        self, node: IfNode | UnlessNode | ConditionalBlockNode, locals_: Locals, sure: frozenset[str]
    ) -> None:
        asked: set[str] = set()
        for expression in node.expressions():
            for path in paths(expression):
                self._check(path, locals_, group=True)
                products, _ = self._of_products(path)
                if products:
                    # Whichever way the author asks whether there are any, the other branch is for the other case.
                    sure |= {products.name}
                else:
                    asked.add(name_of(path))
            for path in _asked_alone(expression):
                products, beyond = self._of_products(path)
                if products and beyond in ([], ["size"]):
                    message = f"`if {path}` always holds, as an empty list counts: write `{products.name} != empty`"
                    self._add("warning", "may_be_absent", message, path)
        first, *others = node.children(self.context)
        at_first, after = (sure, sure | asked) if isinstance(node, UnlessNode) else (sure | asked, sure)
        self.visit([first], locals_, at_first)
        self.visit(others, locals_, after)

    def _loop(self, node: ForNode, locals_: Locals, sure: frozenset[str]) -> None:
        over, before = node.expression.iterable, len(self.problems)
        for path in paths(node.expression):
            self._check(path, locals_)
        right = len(self.problems) == before
        products = self._looped(over, node, locals_) if right and isinstance(over, Path) else None
        if products and node.default is None and products.name not in sure:
            message = (
                f"{products.name} may be empty: put what belongs to it in `if {products.name} != empty`, or say in "
                "`else` what to show instead"
            )
            self._add("warning", "may_be_absent", message, node)
        own = node.expression.identifier
        hidden = {name: locals_[name] for name in (own, "forloop") if name in locals_}
        self._own_name(own, node, locals_, products)
        locals_["forloop"] = None
        self.visit([node.block], locals_, sure)
        for name in (own, "forloop"):
            locals_.pop(name, None)
        locals_ |= hidden
        self.visit([node.default] if node.default else [], locals_, sure)

    def _looped(self, over: Path, node: ForNode, locals_: Locals) -> Variable | None:
        """The list of products that a loop goes through; None for any other list."""
        name = name_of(over)
        if str(over.path[0]) in locals_:
            one = locals_[str(over.path[0])] is not None
            products, beyond = None, []
        else:
            products, beyond = self._of_products(over)
            variable = self.known.get(name)
            one = bool(beyond) if products else variable is not None and variable.type != "list of text"
        if one:
            self._add("error", "not_a_list", f"{name} is one value, not a list; show it without `for`", node)
        return None if beyond else products

    def _shown(self, expression: Expression, locals_: Locals, sure: frozenset[str]) -> None:
        self._values(expression, locals_)
        if not isinstance(expression, FilteredExpression) or not isinstance(expression.left, Path):
            return
        name, filters = name_of(expression.left), {filter_.name for filter_ in expression.filters or ()}
        products, beyond = self._of_products(expression.left)
        if products:
            provided = beyond == ["size"] or "size" in filters or products.name in sure
        else:
            variable = self.known.get(name)
            asked = any(name == asked or name.startswith(f"{asked}.") for asked in sure)
            provided = variable is None or variable.always or asked
        if not provided and "default" not in filters:
            message = (
                f"{name} is not known for every customer: write `{{{{ {name} | default: '…' }}}}` or put it in `if`"
            )
            self._add("warning", "may_be_absent", message, expression)

    def _values(self, expression: Expression, locals_: Locals) -> None:
        for path in paths(expression):
            self._check(path, locals_)

    def _check(self, path: Path, locals_: Locals, *, group: bool = False) -> None:
        root, name = str(path.path[0]), name_of(path)
        if root in locals_:
            self._check_own(path, locals_[root])
            return
        products, beyond = self._of_products(path)
        if products:
            self.used.add(products.name)
            if beyond not in ([], ["size"]):
                element, *parts = beyond
                if not isinstance(element, int) and element not in _OF_LISTS - {"size"}:
                    message = f"there is no {path}: go through {products.name} with `for`"
                    self._add("error", "unknown_variable", message, path)
                else:
                    self._check_parts(path, parts, products)
            return
        shorter, _, last = name.rpartition(".")
        if last in _OF_LISTS and (of := self.known.get(shorter)) and of.type == "list of text":
            name = shorter
        if name in self.known:
            self.used.add(name)
        elif any(known.startswith(f"{name}.") for known in self.known):
            if not group:
                self._add("error", "unknown_variable", f"{name} is a group; name one of its variables", path)
        else:
            near = get_close_matches(name, self.known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else "; GET /v1/template-variables lists those there are"
            self._add("error", "unknown_variable", f"there is no variable {name}{hint}", path)

    def _check_own(self, path: Path, products: Variable | None) -> None:
        """A name that the template made: a product has its parts, `forloop` its own, everything else none."""
        root, *parts = path.path
        if products is not None:
            self._check_parts(path, parts, products)
        elif parts and not (root == "forloop" and str(parts[0]) in _LOOP):
            self._add("error", "unknown_variable", f"there is no {path}: {root} has no parts", path)

    def _check_parts(self, path: Path, parts: list[Any], products: Variable) -> None:
        """What follows a product in a path is nothing, or one of its parts."""
        there_are = [part.name for part in products.parts]
        if parts and (len(parts) > 1 or parts[0] not in there_are):
            message = f"there is no {path}: a product of {products.name} has {', '.join(there_are)}"
            self._add("error", "unknown_variable", message, path)

    def _of_products(self, path: Path) -> tuple[Variable | None, list[Any]]:
        """The list of products that a path begins with, if it does, and what follows it."""
        for end in range(1, len(path.path) + 1):
            variable = self.known.get(".".join(map(str, path.path[:end])))
            if variable is not None and variable.type == "list of products":
                return variable, list(path.path[end:])
        return None, []

    def _own_name(self, name: str, node: Node, locals_: Locals, products: Variable | None = None) -> None:
        if name == "forloop" or any(known.split(".")[0] == name for known in self.known):
            self._add("error", "name_taken", f"{name} is the name of a variable of letters; choose another", node)
        else:
            locals_[name] = products

    def _add(self, severity: str, code: str, message: str, at: Node | Expression) -> None:
        token = at.token
        line = token.source.count("\n", 0, token.start_index) + 1 if token.start_index >= 0 else None
        self.problems.append(
            Problem.model_validate({"severity": severity, "code": code, "message": message, "line": line})
        )
