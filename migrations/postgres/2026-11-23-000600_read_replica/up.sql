-- How many changes each caller made, where there is a read replica: it has caught up with a caller once
-- it shows as many. A caller's changes are counted in several rows, so that they rarely wait for each
-- other.
CREATE TABLE caller_writes (
    user_id UUID NOT NULL,
    slot INTEGER NOT NULL,
    writes BIGINT NOT NULL,
    PRIMARY KEY (user_id, slot)
) WITH (fillfactor = 50);
