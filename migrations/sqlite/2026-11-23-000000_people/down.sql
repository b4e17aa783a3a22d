DROP TABLE settings;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE group_permissions;
DROP TABLE group_members;
DROP TABLE supervisors;
DROP TABLE users;
DROP TABLE groups;
