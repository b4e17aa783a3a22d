DROP TABLE entry_revisions;
DROP TABLE entries;
