"""Assertions on failures: by code and parameters, never by text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from ioc.domain.base.failure import ErrorCode, Failure, FailureError, Parameter
from ioc.domain.ingest.reading import Batch


@contextmanager
def raises_failure(code: ErrorCode, **params: Parameter) -> Iterator[pytest.ExceptionInfo[FailureError]]:
    """The body raises a FailureError with `code` and at least these parameters."""
    with pytest.raises(FailureError) as caught:
        yield caught
    failure = caught.value.failure
    assert failure.code == code
    assert {**failure.params, **params} == failure.params


def codes(batch: Batch) -> list[str]:
    """The codes of the rejected items, in their order."""
    return [item.failure.code for item in batch.rejected_items]


def failures(batch: Batch) -> list[Failure]:
    """The failures of the rejected items, in their order."""
    return [item.failure for item in batch.rejected_items]


def option_error_code(model: type[BaseModel], options: dict[str, Any]) -> str:
    """The code with which `model` refuses `options`: of its own validators, else pydantic's type of error."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(options)
    error = caught.value.errors()[0]
    own = error.get("ctx", {}).get("error")
    return own.failure.code if isinstance(own, FailureError) else error["type"]
