-- How often a log-in or a token was tried lately, for all replicas. A bucket is a keyed hash of an
-- address, of an account, or of both: nothing here identifies a person.
CREATE TABLE attempt_windows (
    bucket TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    attempts BIGINT NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX attempt_windows_by_end ON attempt_windows (ends_at);

-- The addresses that an account logged in from lately. A place is a keyed hash of account and address.
CREATE TABLE known_places (
    place TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX known_places_by_end ON known_places (ends_at);
