DROP TABLE caller_writes;
