DROP TABLE known_places;
DROP TABLE attempt_windows;
