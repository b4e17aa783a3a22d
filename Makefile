# `make run` and `make test` are all that a newcomer types. They need Rust, a C compiler, make and
# Perl (which the build of OpenSSL asks for, and every Debian with git has).

.PHONY: run test check format clippy rustdoc openapi judge-document judge-service judge-clients judge-browser bench bench-platform

# Builds, and serves the demo data on SQLite. It says where Swagger UI is.
run:
	cargo run --quiet -- serve --demo

# The suite on SQLite, and on PostgreSQL where there is one (REQUIRE_POSTGRES=1: there has to be).
test:
	DAYBOOK_TEST_POSTGRES_URL= cargo test
	@scripts/with-postgres cargo test --test api || { status=$$?; \
	  if [ $$status = 77 ] && [ -z "$(REQUIRE_POSTGRES)" ]; then \
	    echo "No PostgreSQL here (DAYBOOK_TEST_POSTGRES_URL, or its binaries): tested on SQLite only."; \
	  else echo "The suite did not pass on PostgreSQL."; exit $$status; fi; }

# All that has to hold before a change lands.
check: format clippy rustdoc openapi judge-document judge-service judge-clients judge-browser
	$(MAKE) test REQUIRE_POSTGRES=1

format:
	cargo fmt --check

clippy:
	cargo clippy --all-targets --all-features -- -D warnings

rustdoc:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

# The committed document is the one that the service makes. To make it anew:
#   cargo run -- openapi > openapi/openapi.json
openapi:
	cargo run --quiet -- openapi | cmp - openapi/openapi.json

# How fast it is, beside its limits: three quarters of an hour, on a machine that does nothing else.
bench:
	scripts/bench

# Every list of a platform of 50,000 users, and the memory of its exports: some minutes.
bench-platform:
	scripts/bench-platform

# The committed document, judged by Spectral (all rules, and OWASP's) and by Redocly: nothing to
# find. The judges need Node and their packages, which is why `make test` does without them.
judge-document:
	scripts/node-judges
	cd openapi && npm run --silent judge && node breaking.mjs

# The running service, judged by Schemathesis against its document, as two users. It needs Python
# and its packages, and takes two to four minutes.
judge-service:
	scripts/judge-service

# Clients that are generated from the document, compiled and run against the service.
judge-clients:
	scripts/judge-clients

# Swagger UI in a real browser: it needs chromium.
judge-browser:
	scripts/judge-browser
