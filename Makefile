# `make run` and `make test` are all that a newcomer types. They need Rust, a C compiler, make and
# Perl (which the build of OpenSSL asks for, and every Debian with git has).

.PHONY: run test check format clippy rustdoc openapi test-sqlite test-postgres bench

# Builds, and serves the demo data on SQLite. It says where Swagger UI is.
run:
	cargo run --quiet -- serve --demo

# The suite on SQLite, and on PostgreSQL where there is one.
test: test-sqlite
	@scripts/with-postgres cargo test --test api || { status=$$?; \
	  if [ $$status = 77 ]; then \
	    echo "No PostgreSQL here (DAYBOOK_TEST_POSTGRES_URL, or its binaries): tested on SQLite only."; \
	  else exit $$status; fi; }

test-sqlite:
	DAYBOOK_TEST_POSTGRES_URL= cargo test

test-postgres:
	scripts/with-postgres cargo test --test api

# All that has to hold before a change lands. `.ci/run` runs it.
check: format clippy rustdoc test-sqlite test-postgres openapi

format:
	cargo fmt --check

clippy:
	cargo clippy --all-targets -- -D warnings

rustdoc:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

# The committed document is the one that the service makes. To make it anew:
#   cargo run -- openapi > openapi/openapi.json
openapi:
	cargo run --quiet -- openapi | cmp - openapi/openapi.json

bench:
	scripts/bench
