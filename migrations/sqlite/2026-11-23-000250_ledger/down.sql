DROP TABLE ledger_head;
DROP TABLE ledger_tiles;
DROP TABLE ledger;
