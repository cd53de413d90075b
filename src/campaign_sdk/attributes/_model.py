"""A class of attributes: what contacts have, said once, for Python and for the database."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from campaign_sdk.attributes._field import field_in
from campaign_sdk.attributes._schema import schema_of
from campaign_sdk.attributes._stored import STORED, as_python

if TYPE_CHECKING:
    # What checkers see of `Customer.orders` is what the class declares: an int.
    _Base = BaseModel
else:
    _making = threading.local()

    class _Fields(type(BaseModel)):
        """Makes a class's attributes fields of rules, where Python would find nothing."""

        def __new__(mcs, *args, **kwargs):
            # Meanwhile pydantic asks which defaults there are, and in the parents too.
            _making.depth = getattr(_making, "depth", 0) + 1
            try:
                return super().__new__(mcs, *args, **kwargs)
            finally:
                _making.depth -= 1

        def __getattr__(cls, name):
            made = not getattr(_making, "depth", 0)
            if made and name in cls.__dict__.get("__pydantic_fields__", ()):
                return field_in(cls, name, schema_of(cls))
            return super().__getattr__(name)

    class _Base(BaseModel, metaclass=_Fields):
        pass


class Attributes(_Base):
    """The attributes that your contacts have, as a pydantic class of yours.

        class Customer(Attributes):
            orders: int = 0
            plan: Literal["free", "pro"] = "free"
            last_order_at: datetime | None = None

    Its instances are ordinary. The attributes of the class itself are fields of rules:
    `Customer.orders >= 3` is what `field("orders") >= 3` is, and `Customer.orders >= "3"` an
    error for type checkers, and at run time. To checkers that comparison is a `bool`, which is
    taken wherever rules are; `field(Customer.last_order_at)` has a field's methods for them too,
    and compares what may be missing.

    `client.contacts.define(Customer)` has the database hold contacts to it, and
    `client.contacts.of(Customer)` returns them with attributes of this class. An alias is the
    name that an attribute is stored by.
    """

    # What doesn't fit may be somebody's data: no error quotes it.
    model_config = ConfigDict(
        hide_input_in_errors=True,
        protected_namespaces=(),
        validate_by_alias=True,
        validate_by_name=True,
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Refuse a name that can't be asked for, as the class has it already."""
        taken = next((name for name in cls.model_fields if hasattr(BaseModel, name)), None)
        if taken is not None:
            raise TypeError(
                f"{cls.__name__}.{taken} is a name of pydantic's: call it {taken}_, "
                f'with Field(alias="{taken}")'
            )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is STORED and isinstance(value, dict):
            return as_python(value, schema_of(cls))
        return value
