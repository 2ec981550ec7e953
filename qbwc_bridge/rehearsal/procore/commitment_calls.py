"""The calls of purchase orders and subcontracts: list, show, lines, and the two sync actions of each."""

from collections.abc import Callable

from qbwc_bridge.rehearsal.procore.commitments import (
    change_line,
    commitment_line_row,
    commitment_row,
    commitment_show,
    commitment_values,
    new_commitment,
    new_line,
)
from qbwc_bridge.rehearsal.procore.problems import not_found
from qbwc_bridge.rehearsal.procore.records import Commitment, ContractKind, Line, Project
from qbwc_bridge.rehearsal.procore.sync import Kind, sync
from qbwc_bridge.rehearsal.procore.values import Row
from qbwc_bridge.rehearsal.procore.wire import Answer, Ask, Listing, Route, chosen, undeleted


def _contract(ask: Ask, kind: ContractKind, path_name: str) -> tuple[Project, Commitment]:
    project = ask.project()
    contract = project.commitments.get(ask.path_id(path_name))
    if contract is None or contract.kind != kind or contract.deleted_at is not None:
        raise not_found()
    return project, contract


def _list(kind: ContractKind) -> Callable[[Ask], Listing[Commitment]]:
    def answer(ask: Ask) -> Listing[Commitment]:
        project = ask.project()
        everything = ask.state.level(project, "Commitments") == "admin"  # private ones are for admins and members
        of_kind = [
            contract
            for contract in project.commitments.values()
            if contract.kind == kind and (everything or not contract.private)
        ]
        found = chosen(ask, undeleted(ask, of_kind), status=lambda contract: contract.status)
        return Listing(found, lambda contract: commitment_row(ask.state, project, contract))

    return answer


def _show(kind: ContractKind) -> Callable[[Ask], Answer]:
    def answer(ask: Ask) -> Answer:
        project, contract = _contract(ask, kind, "id")
        return Answer(commitment_show(ask.state, project, contract))

    return answer


def _lines(kind: ContractKind) -> Callable[[Ask], Listing[Line]]:
    def answer(ask: Ask) -> Listing[Line]:
        project, contract = _contract(ask, kind, f"{kind}_id")
        found = chosen(
            ask,
            contract.lines.values(),
            cost_code_id=lambda line: project.wbs_codes[line.wbs_code_id].cost_code_id,
            line_item_type_id=lambda line: project.wbs_codes[line.wbs_code_id].cost_type_id,
        )
        return Listing(found, lambda line: commitment_line_row(ask.state, project, contract, line))

    return answer


def _sync(kind: ContractKind) -> Callable[[Ask], Answer]:
    def answer(ask: Ask) -> Answer:
        state, project = ask.state, ask.project()

        def find(contract_id: int) -> Commitment | None:
            found = project.commitments.get(contract_id)
            return found if found is not None and found.kind == kind and found.deleted_at is None else None

        def by_origin(origin_id: str) -> Commitment | None:
            found = state.by_origin(kind, origin_id)
            return None if found is None else find(found.id)

        def update(contract: Commitment, fields: Row) -> None:
            state.change(contract, **commitment_values(state, kind, fields, contract))

        rules = Kind(
            find=find,
            find_origin=by_origin,
            create=lambda fields: new_commitment(state, project, kind, fields),
            update=update,
            view=lambda contract: commitment_row(state, project, contract),
        )
        return Answer(sync(ask.updates(), rules))

    return answer


def _sync_lines(kind: ContractKind) -> Callable[[Ask], Answer]:
    def answer(ask: Ask) -> Answer:
        state = ask.state
        project, contract = _contract(ask, kind, f"{kind}_id")

        def by_origin(origin_id: str) -> Line | None:
            found = state.by_origin(Line.origin_kind, origin_id)
            return None if found is None else contract.lines.get(found.id)

        rules = Kind(
            find=contract.lines.get,
            find_origin=by_origin,
            create=lambda fields: new_line(state, project, contract, fields),
            update=lambda line, fields: change_line(state, project, contract, line, fields),
            view=lambda line: commitment_line_row(state, project, contract, line),
        )
        return Answer(sync(ask.updates(), rules))

    return answer


def _routes(kind: ContractKind) -> tuple[Route, ...]:
    base = f"/rest/v1.0/{kind}s"
    return (
        Route("GET", base, _list(kind)),
        Route("PATCH", f"{base}/sync", _sync(kind)),
        Route("GET", f"{base}/{{id}}", _show(kind)),
        Route("GET", f"{base}/{{{kind}_id}}/line_items", _lines(kind)),
        Route("PATCH", f"{base}/{{{kind}_id}}/line_items/sync", _sync_lines(kind)),
    )


ROUTES = (*_routes("purchase_order_contract"), *_routes("work_order_contract"))
