"""`/actions/variables`: the readable settings of a repository's workflows."""

from __future__ import annotations

from typing import Any, Final

from cellenics_ci.sandbox.github.http import DOCS, Problem, Response, invalid, iso, not_found
from cellenics_ci.sandbox.github.pages import page
from cellenics_ci.sandbox.github.records import Repository, Variable
from cellenics_ci.sandbox.github.routing import Call, route
from cellenics_ci.sandbox.github.vault import Refused, check_name

LARGEST_PAGE: Final = 30
"""Variables have smaller pages than everything else (REST reference, "List repository variables")."""
_PLACE: Final = "/repos/{owner}/{repo}/actions/variables"
_DOCS: Final = f"{DOCS}/rest/actions/variables"


@route("GET", _PLACE, permission="actions_variables", role="WRITE")
def list_variables(call: Call) -> Response:
    """List a repository's variables with their values."""
    variables = sorted(call.repository().variables.values(), key=lambda variable: variable.name)
    return page(call.request, variables, _view, name="variables", largest=LARGEST_PAGE)


@route("GET", "/repos/{owner}/{repo}/actions/organization-variables", permission="actions_variables", role="WRITE")
def list_organization_variables(call: Call) -> Response:
    """List the organisation's variables that a repository sees."""
    variables = sorted(call.repository().owner.variables.values(), key=lambda variable: variable.name)
    return page(call.request, variables, _view, name="variables", largest=LARGEST_PAGE)


@route("POST", _PLACE, permission="actions_variables", level="write", role="WRITE")
def create_variable(call: Call) -> Response:
    """Create a variable; 409 where there is one of this name."""
    repository = call.repository()
    name, value = _text(call, "name"), _text(call, "value")
    if name.upper() in repository.variables:
        raise Problem(409, "Already exists - Variable already exists", f"{_DOCS}#create-a-repository-variable")
    try:
        check_name(name)
    except Refused as refused:
        raise invalid(str(refused), _DOCS) from None
    now = call.state.now()
    repository.variables[name.upper()] = Variable(name.upper(), value, now, now)
    return Response(201, {})


@route("GET", f"{_PLACE}/{{name}}", permission="actions_variables", role="WRITE")
def get_variable(call: Call) -> Response:
    """Tell one variable."""
    return Response(200, _view(_find(call, call.repository())))


@route("PATCH", f"{_PLACE}/{{name}}", permission="actions_variables", level="write", role="WRITE")
def update_variable(call: Call) -> Response:
    """Change a variable's name or value."""
    repository = call.repository()
    variable = _find(call, repository)
    body = call.request.json()
    if "value" in body:
        variable.value = _text(call, "value")
    if "name" in body:
        del repository.variables[variable.name]
        variable.name = _text(call, "name").upper()
        repository.variables[variable.name] = variable
    variable.updated_at = call.state.now()
    return Response(204)


@route("DELETE", f"{_PLACE}/{{name}}", permission="actions_variables", level="write", role="WRITE")
def delete_variable(call: Call) -> Response:
    """Delete a variable."""
    repository = call.repository()
    del repository.variables[_find(call, repository).name]
    return Response(204)


def _find(call: Call, repository: Repository) -> Variable:
    variable = repository.variables.get(call.params["name"].upper())
    if variable is None:
        raise not_found()
    return variable


def _text(call: Call, name: str) -> str:
    value = call.request.json().get(name)
    if not isinstance(value, str):
        raise invalid(f'Invalid request.\n\n"{name}" wasn\'t supplied.', _DOCS)
    return value


def _view(variable: Variable) -> dict[str, Any]:
    dates = {"created_at": iso(variable.created_at), "updated_at": iso(variable.updated_at)}
    return {"name": variable.name, "value": variable.value, **dates}
