DROP TABLE entry_revisions;
DROP TABLE entries;
DROP FUNCTION daybook_refuse;
DROP FUNCTION daybook_guard_entry;
