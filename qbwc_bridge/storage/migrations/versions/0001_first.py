"""The first schema.

Written out on its own, because `storage/tables.py` moves on while a step that was released never changes.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def own_id() -> sa.Column[Any]:
    """Give the column `id`."""
    return sa.Column("id", WHOLE, primary_key=True, autoincrement=True)


def text(*names: str, empty: bool = False) -> list[sa.Column[Any]]:
    """Give columns of text."""
    return [sa.Column(name, TEXT, nullable=empty) for name in names]


def whole(*names: str, empty: bool = False) -> list[sa.Column[Any]]:
    """Give columns of whole numbers."""
    return [sa.Column(name, WHOLE, nullable=empty) for name in names]


def flag(*names: str, empty: bool = False) -> list[sa.Column[Any]]:
    """Give columns of yes or no."""
    return [sa.Column(name, sa.Boolean(), nullable=empty) for name in names]


def blob(*names: str) -> list[sa.Column[Any]]:
    """Give columns of bytes."""
    return [sa.Column(name, sa.LargeBinary(), nullable=False) for name in names]


def of_connection() -> sa.Column[Any]:
    """Give `connection_id`."""
    return sa.Column("connection_id", WHOLE, sa.ForeignKey("connection.id", ondelete="CASCADE"), nullable=False)


def part_of(name: str, table: str, *, empty: bool = False) -> sa.Column[Any]:
    """Give a reference that holds the other row."""
    return sa.Column(name, WHOLE, sa.ForeignKey(f"{table}.id"), nullable=empty)


def mention(name: str, table: str) -> sa.Column[Any]:
    """Give a reference that becomes NULL when the other row goes."""
    return sa.Column(name, WHOLE, sa.ForeignKey(f"{table}.id", ondelete="SET NULL"), nullable=True)


def upgrade() -> None:
    """Make every table."""
    _people_and_choices()
    _queue()
    _quickbooks_and_costs()


def _people_and_choices() -> None:
    """Connections and what people decided."""
    op.create_table(
        "connection",
        own_id(),
        *text("name", "user_name", "password_hash", "procore_client_id", "file_id", "key"),
        *whole("procore_company_id"),
        *blob("procore_secret"),
        *text("company_name", "bound_name", "bound_file_id", "settings", "company"),
        *text("alarm", "brake", "newest_write", "unsettled", "procore_down"),
        *text("last_contact", "lists_read_at", "costs_read_at", "pulled_at", "pushed_at", "settled_on", empty=True),
        *text("lists_modified", "orders_modified", "bills_modified", "deletions_seen", empty=True),
        *flag("costs_wanted"),
        sa.UniqueConstraint("name", name="uq_connection_name"),
        sa.UniqueConstraint("user_name", name="uq_connection_user_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "person",
        own_id(),
        *text("name", "role", "password_hash", "connections"),
        *whole("session_version"),
        sa.UniqueConstraint("name", name="uq_person_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "lease",
        own_id(),
        of_connection(),
        *text("station", "holder", "until"),
        sa.UniqueConstraint("connection_id", "station", name="uq_lease_station"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "project_choice",
        own_id(),
        of_connection(),
        *whole("project_id"),
        *text("number", "name", "customer", "dry_run", "released_by", "budget_codes"),
        *text("release", "released_at", empty=True),
        *flag("active", "on", "create_customer"),
        sa.UniqueConstraint("connection_id", "project_id", name="uq_project_choice_project"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "mapping",
        own_id(),
        of_connection(),
        *text("kind", "quickbooks", "procore", "comment", "decided_by"),
        *text("decided_at", empty=True),
        *flag("ignored"),
        sa.UniqueConstraint("connection_id", "kind", "quickbooks", name="uq_mapping_quickbooks"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "history",
        own_id(),
        *whole("connection_id", "subject_id"),
        *text("subject", "at", "who", "before", "after", "why"),
        sa.Index("ix_history_subject", "subject", "subject_id"),
        sa.Index("ix_history_at", "connection_id", "at"),
        sqlite_autoincrement=True,
    )


def _queue() -> None:
    """What Procore said, what is offered, and what goes to QuickBooks."""
    op.create_table(
        "document",
        own_id(),
        of_connection(),
        *text("kind", "key", "document"),
        *whole("project_id"),
        *text("seen_at", empty=True),
        *flag("gone"),
        sa.UniqueConstraint("connection_id", "kind", "key", name="uq_document_key"),
        sa.Index("ix_document_project", "connection_id", "project_id", "kind"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "submission",
        own_id(),
        of_connection(),
        *text("kind", "key", "number", "title", "state", "version", "created_at", "since"),
        *whole("project_id"),
        *text("reasons", "waits_for", "notes", "comment", "mark"),
        *text("accepted_version", "accepted_by", "exported_version"),
        *text("link_to", "name", "quickbooks_id", "quickbooks_name", "line_ids"),
        *text("amount", "accepted_at", "before_state", empty=True),
        *flag("update"),
        *flag("is_1099", empty=True),
        sa.UniqueConstraint("connection_id", "kind", "key", name="uq_submission_key"),
        sa.Index("ix_submission_state", "connection_id", "state"),
        sa.Index("ix_submission_project", "connection_id", "project_id", "kind"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "visit",
        own_id(),
        of_connection(),
        *text("ticket_hash", "started_at", "lease_until", "last_error", "refused_version"),
        *text("ended_at", empty=True),
        *flag("facts_read", "writes_allowed", "sentinel_checked"),
        *whole("pauses", "progress", "planned", "finished", "exported", "failed", "connection_errors"),
        sa.Index("ix_visit_ticket", "ticket_hash"),
        sa.Index("ix_visit_open", "connection_id", "ended_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "message_set",
        own_id(),
        of_connection(),
        part_of("visit_id", "visit"),
        *text("purpose", "set_id", "sent_at", "note"),
        *text("answered_at", empty=True),
        *blob("request_text", "reply_text"),
        mention("recovers", "message_set"),
        sa.Index("ix_message_set_visit", "visit_id"),
        sa.Index(
            "uq_message_set_set_id",
            "set_id",
            unique=True,
            sqlite_where=sa.text("set_id <> ''"),
            postgresql_where=sa.text("set_id <> ''"),
        ),
        sa.Index(
            "uq_message_set_outstanding",
            "connection_id",
            unique=True,
            sqlite_where=sa.text("purpose = 'write' AND answered_at IS NULL"),
            postgresql_where=sa.text("purpose = 'write' AND answered_at IS NULL"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cost_reading",
        own_id(),
        of_connection(),
        *text("started_at"),
        *text("applied_at", empty=True),
        sa.Index("ix_cost_reading_applied", "connection_id", "applied_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cost_answer",
        own_id(),
        of_connection(),
        part_of("reading_id", "cost_reading"),
        *text("kind", "received_at"),
        *blob("content"),
        sa.Index("ix_cost_answer_reading", "reading_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "task",
        own_id(),
        of_connection(),
        *text("kind", "request", "state", "created_at", "message"),
        *whole("attempts", "set_limit", "rank"),
        *whole("status_code", empty=True),
        *text("not_before", "sent_at", "done_at", empty=True),
        part_of("submission_id", "submission", empty=True),
        part_of("reading_id", "cost_reading", empty=True),
        mention("message_set_id", "message_set"),
        mention("failed_visit_id", "visit"),
        sa.Index("ix_task_state", "connection_id", "state", "rank"),
        sa.Index("ix_task_submission", "submission_id"),
        sa.Index("ix_task_reading", "reading_id"),
        sa.Index("ix_task_message_set", "message_set_id"),
        sqlite_autoincrement=True,
    )


def _quickbooks_and_costs() -> None:
    """What QuickBooks holds, and what of it shall stand in Procore."""
    op.create_table(
        "list_record",
        own_id(),
        of_connection(),
        *text("kind", "list_id", "name", "full_name", "folded", "edit_sequence", "parent_id", "type"),
        *text("time_modified", empty=True),
        *whole("sublevel"),
        *flag("is_active", "two_sided"),
        sa.UniqueConstraint("connection_id", "kind", "list_id", name="uq_list_record_list_id"),
        sa.Index("ix_list_record_folded", "connection_id", "kind", "folded"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "transaction_record",
        own_id(),
        of_connection(),
        *text("kind", "txn_id", "edit_sequence", "ref_number", "party_id", "party_name", "memo", "total"),
        *text("lines", "linked"),
        *text("txn_date", "time_modified", empty=True),
        *flag("is_active", "closed", "received", "grouped"),
        mention("read_visit_id", "visit"),
        sa.UniqueConstraint("connection_id", "kind", "txn_id", name="uq_transaction_record_txn_id"),
        sa.Index("ix_transaction_record_ref_number", "connection_id", "kind", "ref_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cost_document",
        own_id(),
        of_connection(),
        *text("txn_id", "txn_type", "txn_date", "ref_number", "payee", "vendor_id", "memo", "order_ids", "lines"),
        *flag("deleted", "deletion_known"),
        mention("reading_id", "cost_reading"),
        sa.UniqueConstraint("connection_id", "txn_id", name="uq_cost_document_txn_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "write_back",
        own_id(),
        of_connection(),
        *whole("project_id"),
        *text("origin_id", "line_ids", "message"),
        *text("wanted", "written", empty=True),
        *whole("procore_id", empty=True),
        *flag("in_flight"),
        sa.UniqueConstraint("connection_id", "origin_id", name="uq_write_back_origin_id"),
        sa.Index("ix_write_back_project", "connection_id", "project_id"),
        sqlite_autoincrement=True,
    )
