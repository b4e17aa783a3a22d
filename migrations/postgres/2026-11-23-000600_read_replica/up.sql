-- How many changes each caller made, where there is a read replica: it has caught up with the caller
-- when it tells of as many. A caller's changes are counted in some rows at once, so that they do not
-- wait for each other.
CREATE TABLE caller_writes (
    user_id UUID NOT NULL,
    slot INTEGER NOT NULL,
    writes BIGINT NOT NULL,
    PRIMARY KEY (user_id, slot)
) WITH (fillfactor = 50);
