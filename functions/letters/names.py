"""Which variables a template names: whether there are such, and whether one may be absent where it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from liquid import BoundTemplate, RenderContext
from liquid.ast import ConditionalBlockNode, Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression

from commerce.campaigns.template import Problem
from commerce.campaigns.variables import Variable, variables

_LOOP = frozenset({"index", "index0", "rindex", "rindex0", "first", "last", "length"})
_OF_LISTS = frozenset({"first", "last", "size"})


def catalogue() -> dict[str, Variable]:
    """Every variable by name."""
    return {variable.name: variable for variable in variables()}


def problems_of(template: BoundTemplate, known: dict[str, Variable]) -> tuple[set[str], list[Problem]]:
    """The variables that a template uses, and what is wrong with the names in it, in order."""
    found = _Names(known, RenderContext(template))
    found.visit(template.nodes, locals_=set(), sure=frozenset())
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


@dataclass
class _Names:
    known: dict[str, Variable]
    context: RenderContext
    used: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def visit(self, nodes: Iterable[Node], locals_: set[str], sure: frozenset[str]) -> None:
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
        self, node: IfNode | UnlessNode | ConditionalBlockNode, locals_: set[str], sure: frozenset[str]
    ) -> None:
        asked = set()
        for expression in node.expressions():
            for path in paths(expression):
                self._check(path, locals_, group=True)
                asked.add(name_of(path))
        first, *others = node.children(self.context)
        at_first, after = (sure, sure | asked) if isinstance(node, UnlessNode) else (sure | asked, sure)
        self.visit([first], locals_, at_first)
        self.visit(others, locals_, after)

    def _loop(self, node: ForNode, locals_: set[str], sure: frozenset[str]) -> None:
        over = node.expression.iterable
        for path in paths(node.expression):
            self._check(path, locals_)
        name = name_of(over) if isinstance(over, Path) else ""
        if name not in locals_ and (variable := self.known.get(name)) and variable.type != "list of text":
            self._add("error", "not_a_list", f"{name} is one value, not a list; show it without `for`", node)
        own = node.expression.identifier
        inner = {own, "forloop"} - locals_
        self._own_name(own, node, locals_)
        locals_.add("forloop")
        self.visit([node.block], locals_, sure)
        locals_.difference_update(inner)
        self.visit([node.default] if node.default else [], locals_, sure)

    def _shown(self, expression: Expression, locals_: set[str], sure: frozenset[str]) -> None:
        self._values(expression, locals_)
        if not isinstance(expression, FilteredExpression) or not isinstance(expression.left, Path):
            return
        name = name_of(expression.left)
        variable = self.known.get(name)
        if variable is None or variable.always or any(f.name == "default" for f in expression.filters or ()):
            return
        if not any(name == asked or name.startswith(f"{asked}.") for asked in sure):
            message = (
                f"{name} is not known for every customer: write `{{{{ {name} | default: '…' }}}}` or put it in `if`"
            )
            self._add("warning", "may_be_absent", message, expression)

    def _values(self, expression: Expression, locals_: set[str]) -> None:
        for path in paths(expression):
            self._check(path, locals_)

    def _check(self, path: Path, locals_: set[str], *, group: bool = False) -> None:
        root, name = str(path.path[0]), name_of(path)
        if root in locals_:
            if len(path.path) > 1 and not (root == "forloop" and str(path.path[1]) in _LOOP):
                self._add("error", "unknown_variable", f"there is no {path}: {root} has no parts", path)
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

    def _own_name(self, name: str, node: Node, locals_: set[str]) -> None:
        if name == "forloop" or any(known.split(".")[0] == name for known in self.known):
            self._add("error", "name_taken", f"{name} is the name of a variable of letters; choose another", node)
        else:
            locals_.add(name)

    def _add(self, severity: str, code: str, message: str, at: Node | Expression) -> None:
        token = at.token
        line = token.source.count("\n", 0, token.start_index) + 1 if token.start_index >= 0 else None
        self.problems.append(
            Problem.model_validate({"severity": severity, "code": code, "message": message, "line": line})
        )
