"""The database schema: one table per row class of the domain, columns named as fields.

The unique constraints carry the promises ("each record once"): whatever the program does wrong, the database refuses a
second submission, direct cost or outstanding write.
"""

from sqlalchemy import Index, MetaData, Table, UniqueConstraint
from sqlalchemy import text as sql

from qbwc_bridge.storage.columns import blob, flag, mention, of_connection, own_id, part_of, text, whole

DIFFERS = "state = 'synced' AND reasons <> '[]'"
"""What is synced, but not as it should be; few are, so they have an index of their own."""

metadata = MetaData(naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s"})

connection = Table(
    "connection",
    metadata,
    own_id(),
    *text("name", "user_name", "password_hash", "procore_client_id", "file_id", "key"),
    *whole("procore_company_id"),
    *blob("procore_secret", "webhook_secret"),
    *text("company_name", "bound_name", "bound_file_id", "settings", "company"),
    *text("alarm", "brake", "newest_write", "unsettled", "procore_down", "webhook_url"),
    *text("last_contact", "lists_read_at", "costs_read_at", "pulled_at", "pushed_at", "settled_on", empty=True),
    *text("summed_up_on", empty=True),
    *text("lists_modified", "orders_modified", "deletions_seen", empty=True),
    *text("lists_whole_at", "list_deletions_seen", "order_deletions_seen", empty=True),
    *text("costs_whole_at", "payroll_seen", "controlled_at", empty=True),
    *text("costs_modified", "doubted", "names_gone", "reading", "keys_refused"),
    *text("webhooks_since", "event_at", "touched_at", "keys_checked_at", "detached_at", "restored_at", empty=True),
    *flag("costs_wanted"),
    UniqueConstraint("name", name="uq_connection_name"),
    UniqueConstraint("user_name", name="uq_connection_user_name"),
    sqlite_autoincrement=True,
)

project_choice = Table(
    "project_choice",
    metadata,
    own_id(),
    of_connection(),
    *whole("project_id"),
    *text("number", "name", "customer", "dry_run", "released_by", "budget_codes", "reading", "shown"),
    *text("release", "released_at", "touched_at", empty=True),
    *flag("active", "on", "create_customer", "hooked", "unsure"),
    UniqueConstraint("connection_id", "project_id", name="uq_project_choice_project"),
    sqlite_autoincrement=True,
)

document = Table(
    "document",
    metadata,
    own_id(),
    of_connection(),
    *text("kind", "key", "document", "stamp"),
    *whole("project_id"),
    *text("seen_at", empty=True),
    *flag("gone"),
    UniqueConstraint("connection_id", "kind", "key", name="uq_document_key"),
    Index("ix_document_project", "connection_id", "project_id", "kind"),
    sqlite_autoincrement=True,
)

submission = Table(
    "submission",
    metadata,
    own_id(),
    of_connection(),
    *text("kind", "key", "number", "title", "state", "version", "created_at", "since"),
    *whole("project_id"),
    *text("reasons", "waits_for", "notes", "comment", "mark"),
    *text("accepted_version", "accepted_by", "exported_version"),
    *text("link_to", "name", "quickbooks_id", "quickbooks_name", "line_ids", "exported", "choice", "party"),
    *text("amount", "accepted_at", "before_state", "agreed", "revised", empty=True),
    *flag("update"),
    *flag("is_1099", empty=True),
    UniqueConstraint("connection_id", "kind", "key", name="uq_submission_key"),
    Index("ix_submission_state", "connection_id", "state"),
    Index("ix_submission_project", "connection_id", "project_id", "kind"),
    Index("ix_submission_listed", "connection_id", "kind", "state", "update", "since", "amount", "revised"),
    Index("ix_submission_number", "connection_id", "kind", "number"),
    Index("ix_submission_quickbooks", "connection_id", "quickbooks_id", "kind"),
    Index(
        "ix_submission_differing",
        "connection_id",
        "state",
        "kind",
        sqlite_where=sql(DIFFERS),
        postgresql_where=sql(DIFFERS),
    ),
    sqlite_autoincrement=True,
)

visit = Table(
    "visit",
    metadata,
    own_id(),
    of_connection(),
    *text("ticket_hash", "started_at", "lease_until", "last_error", "refused_version"),
    *text("ended_at", empty=True),
    *flag("facts_read", "writes_allowed", "sentinel_checked"),
    *whole("pauses", "progress", "planned", "finished", "exported", "failed", "connection_errors"),
    Index("ix_visit_ticket", "ticket_hash"),
    Index("ix_visit_open", "connection_id", "ended_at"),
    sqlite_autoincrement=True,
)

message_set = Table(
    "message_set",
    metadata,
    own_id(),
    of_connection(),
    part_of("visit_id", "visit"),
    *text("purpose", "set_id", "sent_at", "note"),
    *text("answered_at", empty=True),
    *blob("request_text", "reply_text"),
    mention("recovers", "message_set"),
    Index("ix_message_set_visit", "visit_id"),
    Index(
        "uq_message_set_set_id",
        "set_id",
        unique=True,
        sqlite_where=sql("set_id <> ''"),
        postgresql_where=sql("set_id <> ''"),
    ),
    Index(
        "uq_message_set_outstanding",
        "connection_id",
        unique=True,
        sqlite_where=sql("purpose = 'write' AND answered_at IS NULL"),
        postgresql_where=sql("purpose = 'write' AND answered_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

cost_reading = Table(
    "cost_reading",
    metadata,
    own_id(),
    of_connection(),
    *text("started_at", "scope", "stage", "jobs"),
    *whole("portions"),
    *text("applied_at", empty=True),
    Index("ix_cost_reading_applied", "connection_id", "applied_at"),
    sqlite_autoincrement=True,
)

cost_answer = Table(
    "cost_answer",
    metadata,
    own_id(),
    of_connection(),
    part_of("reading_id", "cost_reading"),
    *text("kind", "received_at"),
    *blob("content"),
    Index("ix_cost_answer_reading", "reading_id"),
    sqlite_autoincrement=True,
)

task = Table(
    "task",
    metadata,
    own_id(),
    of_connection(),
    *text("kind", "request", "state", "created_at", "message", "brings"),
    *whole("attempts", "set_limit", "rank"),
    *whole("status_code", empty=True),
    *text("not_before", "sent_at", "done_at", empty=True),
    part_of("submission_id", "submission", empty=True),
    part_of("reading_id", "cost_reading", empty=True),
    mention("message_set_id", "message_set"),
    mention("failed_visit_id", "visit"),
    Index("ix_task_state", "connection_id", "state", "rank"),
    Index("ix_task_submission", "submission_id"),
    Index("ix_task_reading", "reading_id"),
    Index("ix_task_message_set", "message_set_id"),
    sqlite_autoincrement=True,
)

list_record = Table(
    "list_record",
    metadata,
    own_id(),
    of_connection(),
    *text("kind", "list_id", "name", "full_name", "folded", "edit_sequence", "parent_id", "type"),
    *text("time_modified", empty=True),
    *whole("sublevel"),
    *flag("is_active", "two_sided", "gone", "born"),
    *whole("read_visit_id", empty=True),
    UniqueConstraint("connection_id", "kind", "list_id", name="uq_list_record_list_id"),
    Index("ix_list_record_folded", "connection_id", "kind", "folded"),
    sqlite_autoincrement=True,
)

transaction_record = Table(
    "transaction_record",
    metadata,
    own_id(),
    of_connection(),
    *text("kind", "txn_id", "edit_sequence", "ref_number", "party_id", "party_name", "memo", "total"),
    *text("lines", "linked", "posted"),
    *text("txn_date", "time_modified", empty=True),
    *flag("is_active", "closed", "received", "grouped", "gone", "pending"),
    mention("read_visit_id", "visit"),
    UniqueConstraint("connection_id", "kind", "txn_id", name="uq_transaction_record_txn_id"),
    Index("ix_transaction_record_ref_number", "connection_id", "kind", "ref_number"),
    Index("ix_transaction_record_txn_id", "connection_id", "txn_id"),
    Index(
        "ix_transaction_record_pending",
        "connection_id",
        "kind",
        sqlite_where=sql("pending"),
        postgresql_where=sql("pending"),
    ),
    Index("ix_transaction_record_modified", "connection_id", "kind", "time_modified"),
    # Holds everything that the sum of what stands in QuickBooks needs: the rows are wide.
    Index("ix_transaction_record_standing", "connection_id", "kind", "gone", "txn_id", "total"),
    sqlite_autoincrement=True,
)

cost_document = Table(
    "cost_document",
    metadata,
    own_id(),
    of_connection(),
    *text("txn_id", "txn_type", "txn_date", "ref_number", "payee", "vendor_id", "memo", "order_ids", "lines", "job_id"),
    *text("changed_at", empty=True),
    *whole("cost_cents"),
    *flag("deleted", "deletion_known"),
    mention("reading_id", "cost_reading"),
    UniqueConstraint("connection_id", "txn_id", "job_id", name="uq_cost_document_txn_id"),
    Index("ix_cost_document_job", "connection_id", "job_id"),
    Index("ix_cost_document_sums", "connection_id", "deleted", "job_id", "txn_date", "cost_cents"),
    Index("ix_cost_document_type", "connection_id", "txn_type", "txn_date"),
    sqlite_autoincrement=True,
)

control = Table(
    "control",
    metadata,
    own_id(),
    of_connection(),
    *text("jobs", "unknown", "all_costs", "without_job", "items"),
    *text("read_at", "through", empty=True),
    UniqueConstraint("connection_id", "through", name="uq_control_through"),
    sqlite_autoincrement=True,
)

month_close = Table(
    "month_close",
    metadata,
    own_id(),
    of_connection(),
    *text("month", "closed_at", "closed_by", "rows"),
    UniqueConstraint("connection_id", "month", name="uq_month_close_month"),
    sqlite_autoincrement=True,
)

proof_kept = Table(
    "proof_kept",
    metadata,
    own_id(),
    of_connection(),
    *whole("project_id"),
    *text("read_at", "others", "notes"),
    *text("invoices", empty=True),
    UniqueConstraint("connection_id", "project_id", name="uq_proof_kept_project"),
    sqlite_autoincrement=True,
)

ledger_mark = Table(
    "ledger_mark",
    metadata,
    own_id(),
    of_connection(),
    *text("scope"),
    *whole("count"),
    UniqueConstraint("connection_id", "scope", name="uq_ledger_mark_scope"),
    sqlite_autoincrement=True,
)

kept_figures = Table(
    "kept_figures",
    metadata,
    own_id(),
    of_connection(),
    *whole("project_id"),
    *text("kind", "stamp"),
    *blob("content"),
    UniqueConstraint("connection_id", "kind", "project_id", name="uq_kept_figures_project"),
    sqlite_autoincrement=True,
)

mapping = Table(
    "mapping",
    metadata,
    own_id(),
    of_connection(),
    *text("kind", "quickbooks", "procore", "expense_account", "comment", "decided_by"),
    *text("decided_at", empty=True),
    *flag("ignored"),
    UniqueConstraint("connection_id", "kind", "quickbooks", name="uq_mapping_quickbooks"),
    sqlite_autoincrement=True,
)

write_back = Table(
    "write_back",
    metadata,
    own_id(),
    of_connection(),
    *whole("project_id"),
    *text("origin_id", "line_ids", "message"),
    *text("wanted", "written", empty=True),
    *whole("procore_id", empty=True),
    *flag("in_flight"),
    UniqueConstraint("connection_id", "origin_id", name="uq_write_back_origin_id"),
    Index("ix_write_back_project", "connection_id", "project_id"),
    Index(
        "ix_write_back_refused",
        "connection_id",
        sqlite_where=sql("message <> ''"),
        postgresql_where=sql("message <> ''"),
    ),
    sqlite_autoincrement=True,
)

procore_key = Table(
    "procore_key",
    metadata,
    own_id(),
    of_connection(),
    *text("kind", "name", "wanted", "written", "message"),
    *whole("procore_id", "project_id"),
    *text("tried_at", empty=True),
    *flag("in_flight"),
    UniqueConstraint("connection_id", "kind", "procore_id", name="uq_procore_key_record"),
    sqlite_autoincrement=True,
)

notice = Table(
    "notice",
    metadata,
    own_id(),
    of_connection(),
    *text("kind", "key", "decided_at", "letter", "receivers", "lost", "mark", "subjects", "state", "message"),
    *whole("attempts"),
    *text("not_before", "sent_at", empty=True),
    *flag("holds"),
    UniqueConstraint("connection_id", "key", name="uq_notice_key"),
    Index("ix_notice_state", "connection_id", "state"),
    Index("ix_notice_kind", "connection_id", "kind", "decided_at"),
    sqlite_autoincrement=True,
)

# History outlives what it tells of, so it refers to nothing by foreign key.
history = Table(
    "history",
    metadata,
    own_id(),
    *whole("connection_id", "subject_id"),
    *text("subject", "at", "who", "before", "after", "why"),
    Index("ix_history_subject", "subject", "subject_id"),
    Index("ix_history_at", "connection_id", "at"),
    Index("ix_history_newest", "connection_id", "subject"),
    sqlite_autoincrement=True,
)

person = Table(
    "person",
    metadata,
    own_id(),
    *text("name", "role", "password_hash", "connections"),
    *whole("session_version"),
    UniqueConstraint("name", name="uq_person_name"),
    sqlite_autoincrement=True,
)

lease = Table(
    "lease",
    metadata,
    own_id(),
    of_connection(),
    *text("station", "holder", "until"),
    UniqueConstraint("connection_id", "station", name="uq_lease_station"),
    sqlite_autoincrement=True,
)
