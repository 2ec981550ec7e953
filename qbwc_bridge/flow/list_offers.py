"""What Procore's cost codes, projects and vendors offer to QuickBooks' lists, with their obstacles."""

from collections.abc import Iterable, Iterator

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.names import compact, fold
from qbwc_bridge.domain.procore import BudgetCode
from qbwc_bridge.domain.records import ProjectChoice, Submission
from qbwc_bridge.flow.collisions import NAMES
from qbwc_bridge.flow.facts import LISTS_OF, Facts
from qbwc_bridge.flow.offer import Claim, Offer
from qbwc_bridge.qbxml.types import fit_name


def cost_codes(facts: Facts, used: dict[str, BudgetCode]) -> Iterator[list[Offer]]:
    """Give the offers of cost codes, then of their cost types: one level after the other, since types need codes."""
    parents: dict[str, BudgetCode] = {}
    for code in used.values():
        parents.setdefault(code.cost_code, code)
    codes = {fold(code) for code in (*facts.cost_codes, *parents)}
    tops = []
    for name, code in parents.items():
        standard = facts.cost_codes.get(name)
        title = standard.name if standard else code.cost_code_name
        offer = Offer("cost_code", name, name, title, {"name": title})
        if facts.cost_codes and not standard:
            offer.notes.append("Only a project has this cost code; it is not in the company's list of standard ones.")
        tops.append(_item(facts, offer, name, "", codes))
    yield tops
    if not facts.options.by_type:
        return
    types = []
    for key, code in used.items():
        title = f"{code.cost_code_name} - {code.cost_type_name or code.cost_type}".strip(" -")
        offer = Offer("cost_code", key, key, title, {"name": title}, needs=[("cost_code", code.cost_code)])
        types.append(_item(facts, offer, code.cost_code, code.cost_type, codes))
    yield types


def _item(facts: Facts, offer: Offer, cost_code: str, cost_type: str, codes: set[str]) -> Offer:
    path = facts.item_path(offer.key, cost_code, cost_type)
    above, _, leaf = path.rpartition(":")
    row = facts.submissions.get(("cost_code", offer.key))
    existing = facts.named("item", path)
    if existing and not _is_new(row):
        _match_item(offer, existing)
        return offer
    parent = facts.synced("cost_code", cost_code) if cost_type else None
    if not _is_new(row) and not (row and row.quickbooks_id):
        wanted = cost_type or cost_code
        offer.suggestions = [item.full_name for item in _alike(facts, wanted, cost_type, parent, codes)]
    offer.obstacles += [*_accounts(facts, offer, path), rules.item_path(path)]
    offer.obstacles.append(rules.name_taken(path, "item" if existing and not (row and row.quickbooks_id) else ""))
    record = facts.linked_record(parent) if parent else None
    if record:
        offer.obstacles.append(rules.item_parent(record.full_name, record.type))
        offer.obstacles.append(rules.inactive(f"Item {record.full_name}", is_active=record.is_active))
    offer.notes.append(rules.shortened("The name", cost_type or cost_code, leaf))
    if not (row and row.quickbooks_id):
        offer.claim(f"items below {fold(above)}", leaf, f"cost code {offer.key}")
    return offer


def _match_item(offer: Offer, existing: ListRecord) -> None:
    offer.match, offer.match_name = existing.list_id, existing.full_name
    offer.obstacles.append(rules.item_barred(existing.full_name, existing.type))
    offer.obstacles.append(rules.inactive(f"Item {existing.full_name}", is_active=existing.is_active))
    if not existing.two_sided:
        offer.notes.append(rules.one_sided(existing.full_name))


def _alike(facts: Facts, code: str, cost_type: str, parent: Submission | None, codes: set[str]) -> Iterator[ListRecord]:
    """Items whose own name begins with a code, unless with a longer one too; of a cost type, those below its code."""
    forms = {fold(code), compact(code)}
    seen: set[str] = set()
    for form in sorted(forms):
        for item in facts.items_by_beginning.get(form, []):
            if (
                item.list_id in seen
                or item.type in rules.ORDERABLE_BARRED
                or ("cost_code", item.list_id) in facts.holders
            ):
                continue
            if cost_type and (parent is None or item.parent_id != parent.quickbooks_id):
                continue
            if not cost_type and any(_begins(item, other) for other in codes if len(other) > len(code)):
                continue
            seen.add(item.list_id)
            yield item


def _begins(item: ListRecord, code: str) -> bool:
    name = fold(item.name)
    return name.startswith(code) and not name[len(code) :][:1].isalnum()


def _accounts(facts: Facts, offer: Offer, path: str) -> list[str | None]:
    """Look at the accounts of a new item; a weak one is only noted."""
    obstacles: list[str | None] = []
    for which, name in (("income", facts.options.income_account), ("expense", facts.expense_account(path))):
        account = facts.named("account", name)
        obstacles.append(rules.account_missing(which, name, exists=account is not None or not facts.lists_read))
        if account:
            obstacles.append(rules.inactive(f"Account {account.full_name}", is_active=account.is_active))
        if account and which == "expense" and account.type != "CostOfGoodsSold":
            offer.notes.append(f"The expense account {account.full_name} is no cost of goods sold account.")
    return obstacles


def jobs(facts: Facts, projects: Iterable[ProjectChoice]) -> Iterator[Offer]:
    """Give the offers of projects, as jobs below the customers chosen for them."""
    return (_job(facts, project) for project in projects if facts.project_document(project.project_id))


def _job(facts: Facts, project: ProjectChoice) -> Offer:
    document = facts.project_document(project.project_id)
    name, number = (document.name, document.number) if document else (project.name, project.number)
    offer = Offer("job", str(project.project_id), number, name, {}, project_id=project.project_id)
    offer.content = {**(document.content() if document else {}), "customer": project.customer}
    row = facts.submissions.get(("job", offer.key))
    full = f"{number} {name}".strip()
    offer.notes.append(rules.shortened("The job's name", full, fit_name("job", full)))
    if not project.customer:
        offer.obstacles.append(f"No customer is chosen for project {number}: choose one when switching it on.")
        return offer
    customer = facts.customer_above(project)
    if customer:
        texts = [row.name] if row and row.name else [full, name, number]
        names = facts.names_under("customer", customer.list_id)
        wanted = [fit_name("job", text) for text in texts if text]
        folded = {fold(text) for text in wanted}
        exact = {each for each in names if fold(each.rpartition(":")[2]) in folded}
        _match(facts, offer, exact, wanted, customer.list_id)
    else:
        _new_customer(facts, offer, project)
    own = fit_name("job", row.name if row and row.name else full)
    if customer and not offer.match and not offer.suggestions and not (row and row.quickbooks_id):
        path = f"{customer.full_name}:{own}"
        offer.obstacles.append(rules.name_taken(path, "job" if facts.named("customer", path) else ""))
        offer.obstacles.append(rules.inactive(f"Customer {customer.full_name}", is_active=customer.is_active))
    if not (row and row.quickbooks_id):
        above = customer.full_name if customer else fit_name("customer", project.customer)
        offer.claim(f"jobs of {fold(above)}", own, f"project {number}")
    return offer


def _new_customer(facts: Facts, offer: Offer, project: ProjectChoice) -> None:
    """Look at a customer above a job that is not in QuickBooks, once that is known; several projects may bring one."""
    if not facts.lists_read:
        return
    if not project.create_customer:
        offer.obstacles.append(rules.customer_missing(project.customer, project.number))
        return
    name = fit_name("customer", project.customer)
    offer.obstacles.append(rules.name_taken(name, facts.name_holder(name)))
    offer.obstacles.append(rules.customer_gone(name, project.number, gone=facts.was_named("customer", name)))
    offer.notes.append(f"Customer {name} will be created.")
    offer.notes.append(rules.shortened("The customer's name", project.customer, name))
    row = facts.submissions.get(("job", offer.key))
    if not (row and row.quickbooks_id):
        owner = f"customer {fold(project.customer)}"
        offer.claims.append(Claim(NAMES, name, owner, f"the customer to be created for project {offer.number}"))


def vendors(facts: Facts, projects: Iterable[ProjectChoice]) -> Iterator[Offer]:
    """Give the offers of the vendors that approved commitments use."""
    used: dict[int, None] = {}
    for project in projects:
        for commitment in facts.commitments(project.project_id):
            if commitment.vendor_id and not rules.not_approved(commitment):
                used[commitment.vendor_id] = None
    for vendor_id in used:
        document = facts.vendor_document(vendor_id)
        if document is None:
            continue
        offer = Offer("vendor", str(vendor_id), "", document.name, document.content())
        fitted = fit_name("vendor", document.name)
        row = facts.submissions.get(("vendor", offer.key))
        name = fit_name("vendor", row.name) if row and row.name else fitted
        offer.notes.append(rules.shortened("The name", document.name, fitted))
        same = facts.named("vendor", name)
        _match(facts, offer, {same.full_name} if same else set(), [name], "")
        if not (row and row.quickbooks_id):
            if not offer.match and not offer.suggestions:
                offer.obstacles.append(rules.name_taken(name, facts.name_holder(name)))
            offer.claim(NAMES, name, f"vendor {document.name}")
        yield offer


def _match(facts: Facts, offer: Offer, exact: set[str], wanted: list[str], parent_id: str) -> None:
    """Fill in the one exact match, or the names that a person must judge; not again once somebody did."""
    row = facts.submissions.get((offer.kind, offer.key))
    if _is_new(row) or (row and row.quickbooks_id):
        return
    kind = LISTS_OF[offer.kind]
    if len(exact) == 1:
        record = facts.named(kind, next(iter(exact)))
        if record:
            offer.match, offer.match_name = record.list_id, record.full_name
            offer.obstacles.append(rules.inactive(record.full_name, is_active=record.is_active))
        return
    known, names = facts.own_names_under(kind, parent_id)
    likely = dict.fromkeys(known[like] for name in wanted[:2] for like in names.near(name))
    offer.suggestions = sorted(exact) or list(likely)


def _is_new(row: Submission | None) -> bool:
    """Whether a person said that a record is none of those in QuickBooks."""
    return row is not None and row.link_to == "new"
