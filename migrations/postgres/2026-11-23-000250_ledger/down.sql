DROP TABLE ledger_head;
DROP TABLE ledger_tiles;
DROP TABLE ledger_pending;
DROP TABLE ledger;
DROP FUNCTION daybook_guard_ledger_head;
DROP FUNCTION daybook_guard_tile;
