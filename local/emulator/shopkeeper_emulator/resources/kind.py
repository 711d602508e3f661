"""How a CloudFormation type maps to an API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class ApiBacked:
    """How one resource type maps to an API.

    Attributes:
        service: botocore's name of the API.
        create: operation that creates the resource.
        delete: operation that deletes it.
        reference: what ``Ref`` gives, from the properties (with what the creation answered merged in).
        name: property that names the resource and is made up when absent.
        renamed: property -> request member, where they differ.
        key: request that ``delete`` takes, from the properties.
        update: operation for a change in place; without one the resource is made anew.
        keep: a change leaves the resource as it is, because its content must survive.
        request: what the operations take, from the properties, where it is more than other names.
        attributes: what ``Fn::GetAtt`` gives beside the properties.
    """

    service: str
    create: str
    delete: str
    reference: Callable[[Properties], str]
    key: Callable[[Properties], dict[str, Any]]
    name: str | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    update: str | None = None
    keep: bool = False
    request: Callable[[Properties], Properties] = dict
    attributes: Callable[[Properties], dict[str, str]] = lambda _: {}
