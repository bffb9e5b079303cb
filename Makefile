# What people do with Holdfast, each a line of work. Every target sets up what it needs, on a machine that has Rust
# (by rustup), Python 3.11 or later with venv, and make.

.DEFAULT_GOAL := help
PYTHON ?= python3
# The processor that the functions are built for by `make build` and `make deploy`: arm64 or x86_64. That of the last
# deployment, unless it is given.
SAVED_ARCH = $(shell sed -n 's/.*Architecture=[\"]*\([a-z0-9_]*\).*/\1/p' samconfig.toml 2>/dev/null | head -n 1)
ARCH ?= $(or $(SAVED_ARCH),arm64)
TARGET := $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-unknown-linux-gnu

TOOLS := .venv/.installed
BIN := $(CURDIR)/.venv/bin
TEMPLATES := template.yaml $(wildcard examples/*.yaml)
FUNCTIONS := $(notdir $(wildcard functions/*))
# Crates that know no AWS SDK: their tests build in seconds. Kept apart from the others, since cargo builds a
# dependency anew when the crates beside it ask for other features, and the SDK takes minutes.
PURE := planner reconciler template local-ec2 simulation model-check
SDK := aws end-to-end $(FUNCTIONS)
# Crates that know no AWS SDK, either, and need the binaries of the functions.
WIRE := stage demo policies wire permissions
packages = $(addprefix -p ,$(1))

.PHONY: help
help: ## Lists these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The story that the demo plays: replacement or interruption. Both, one after the other, unless it is named.
STORY ?=

.PHONY: demo
demo: functions ## Plays two stories with the real functions against a local EC2 (STORY=…), as a timeline and a picture
	@cargo run --quiet -p demo -- $(STORY)

.PHONY: test
test: test-pure test-sdk test-wire ## Runs every test that needs no Docker and no AWS account, but the mount's

.PHONY: test-pure
test-pure: tools ## Runs the tests that need no AWS SDK, in seconds
	cargo test $(call packages,$(PURE))
	$(BIN)/python -m unittest discover --start-directory scripts

.PHONY: test-sdk
test-sdk: functions
	RUST_TEST_THREADS=4 cargo test $(call packages,$(SDK))

.PHONY: test-wire
test-wire: functions
	cargo test $(call packages,$(WIRE))

# Which checks `make test-mount` runs: those whose names have one of these words. All of them unless it is given.
ONLY ?=

.PHONY: test-mount
test-mount: tools ## Runs the examples' user data and the drain document in a Debian guest (needs root; ONLY=… for some)
	@$(BIN)/python -B tests/mount/test_mount.py $(ONLY)

.PHONY: build
build: tools ## Builds the deployable functions (ARCH=arm64, or x86_64) into target/lambda/
	rustup target add $(TARGET)
	PATH="$(BIN):$$PATH" cargo lambda build --release $(if $(filter arm64,$(ARCH)),--arm64,--x86-64) \
	    $(addprefix --bin ,$(FUNCTIONS))
	@ls -l target/lambda/*/bootstrap

.PHONY: lint
lint: tools .venv-lint/.installed ## Checks format, lints and the templates
	cargo fmt --all --check
	cargo clippy $(call packages,$(PURE)) --all-targets -- -D warnings
	cargo clippy $(call packages,$(WIRE)) --all-targets -- -D warnings
	cargo clippy $(call packages,$(SDK)) --all-targets -- -D warnings
	PATH="$(BIN):$$PATH" SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 sam validate --lint --template template.yaml
	$(BIN)/cfn-lint $(TEMPLATES)
	.venv-lint/bin/checkov $(addprefix --file ,$(TEMPLATES))

.PHONY: invoke
invoke: tools ## Runs one function in Docker with an event against a local EC2 (FUNCTION=… EVENT=…)
	@$(BIN)/python tests/sam-local/sam_local.py check "$(FUNCTION)" "$(EVENT)"
	PATH="$(BIN):$$PATH" cargo lambda build --quiet $(addprefix --bin ,$(FUNCTION))
	@$(BIN)/python tests/sam-local/sam_local.py invoke "$(FUNCTION)" "$(EVENT)"

.PHONY: sam-local
sam-local: functions ## Runs every function in Docker with its files of events/, and checks the answers
	@tests/sam-local/base-image
	@$(BIN)/python tests/sam-local/sam_local.py all

# What the local EC2 is told: `make local-ec2 ARGUMENTS=--help` lists it all.
ARGUMENTS ?= --port 4566

.PHONY: local-ec2
local-ec2: ## Starts the strict local EC2 (ARGUMENTS=…): aws --endpoint-url http://127.0.0.1:4566 ec2 describe-volumes
	cargo run --quiet -p local-ec2 -- $(ARGUMENTS)

.PHONY: figures
figures: ## Prints the figures of the release binaries: size, memory, processor time until the first request
	cargo build --release $(call packages,$(FUNCTIONS))
	@cargo run --quiet -p end-to-end --bin figures -- $(addprefix target/release/,$(FUNCTIONS))

.PHONY: profiles
profiles: tools ## Prints the table of release profiles in docs/decisions/0005: size, start, time to build (an hour)
	@tests/profiles.sh

.PHONY: laws
laws: ## Holds the planner to its laws over random worlds (CASES=20000 each), and counts laws and worlds
	@.ci/laws planner laws worlds $(or $(CASES),20000)

.PHONY: hostile
hostile: ## Feeds the parsers of events any JSON and any bytes (CASES=200000 for each law), and counts laws and payloads
	@.ci/laws reconciler events payloads $(or $(CASES),200000)

.PHONY: model
model: ## Checks every interleaving of small worlds with the shipped planner, millions of states
	cargo run -p model-check -- normal

.PHONY: model-long
model-long: ## The same, tens of millions of states
	cargo run -p model-check -- long

# How many seeds the simulation plays and how many hours each; with SEED=n that one alone, with all that happened.
SEEDS ?= 10000
HOURS ?= 1

.PHONY: simulate
simulate: ## Simulates random churn and faults (SEEDS=10000 HOURS=1), or replays one seed (SEED=n)
	cargo run -p simulation --bin simulate -- $(SEEDS) $(HOURS) $(SEED)

# How many interruptions are simulated; with SEED=n that one alone, with all that happened.
INTERRUPTIONS ?= 100000

.PHONY: handovers
handovers: ## Simulates interruptions under each policy: seconds without the volume, calls, slots lost (SEED=n for one)
	cargo run -p simulation --bin handovers -- $(INTERRUPTIONS) $(SEED)

.PHONY: policies
policies: ## Draws the pictures of docs/policies.md anew
	@cargo run --quiet -p policies

MERMAN_VERSION := 0.9.0
MERMAN := target/tools/bin/merman-cli

.PHONY: pictures
pictures: policies demo $(MERMAN) ## Draws every picture of the docs anew: the policies, the demo that it plays, the diagrams
	cp target/demo/timeline.svg docs/demo.svg
	@$(PYTHON) -B scripts/pictures.py $(MERMAN)

$(MERMAN):
	cargo install merman-cli --version $(MERMAN_VERSION) --locked --root target/tools --target-dir target/tools/target \
	    --no-default-features --features svg,diagram-flowchart,diagram-sequence
	rm -rf target/tools/target

.PHONY: faults
faults: ## Tries every fault at every call of EC2, alone and in pairs
	cargo run -p simulation --bin faults

.PHONY: parity
parity: tools ## Puts one script of calls to the strict local EC2 and to moto, and holds their differences to a list
	cargo build --quiet -p local-ec2 --bin local-ec2
	@$(BIN)/python -B tests/parity/parity.py target/debug/local-ec2

# How many invocations the wire test has at least; with SEED=n that storm.
INVOCATIONS ?= 1000

.PHONY: wire
wire: functions ## Storms the real binaries over HTTP with churn, faults and bad events (INVOCATIONS=1000)
	cargo run --quiet -p wire -- $(INVOCATIONS) $(SEED)

MUTANTS_VERSION := 27.1.0
MUTANTS := target/tools/bin/cargo-mutants

.PHONY: mutants
mutants: $(MUTANTS) ## Breaks the planner and the loop in one place after another; the tests must notice (an hour or two)
	@.ci/mutants $(MUTANTS) target/mutation

$(MUTANTS):
	cargo install cargo-mutants --version $(MUTANTS_VERSION) --locked --root target/tools --target-dir target/tools/target
	rm -rf target/tools/target

# Overrides on the command line would take the place of all answers that were saved before.
.PHONY: deploy
# SAM reads this one alone, and falls back to us-east-1.
ifdef AWS_REGION
deploy: export AWS_DEFAULT_REGION := $(AWS_REGION)
endif
deploy: processor tools ## Builds and deploys with SAM, asking for what it needs to know (ARCH=arm64, or x86_64)
	rustup target add $(TARGET)
	PATH="$(BIN):$$PATH" sam build --parameter-overrides Architecture=$(ARCH) && \
	PATH="$(BIN):$$PATH" sam deploy --guided $(if $(shell grep parameter_overrides samconfig.toml 2>/dev/null),,\
	    --parameter-overrides Architecture=$(ARCH))
	@$(MAKE) --no-print-directory processor-deployed ARCH=$(ARCH)

# Functions that were built for one processor fail at every start on the other.
.PHONY: processor
processor:
	@case "$(ARCH)" in arm64 | x86_64) ;; *) echo "ARCH is '$(ARCH)': it must be arm64 or x86_64" >&2; exit 1 ;; esac
	@saved="$(SAVED_ARCH)"; [ "$${saved:-$(ARCH)}" = "$(ARCH)" ] || { \
	    echo "ARCH is $(ARCH), and samconfig.toml deploys for $$saved: nothing was built." >&2; \
	    echo "To deploy for $$saved, leave ARCH out. For $(ARCH), write it after Architecture= in samconfig.toml." >&2; exit 1; }

.PHONY: processor-deployed
processor-deployed:
	@saved="$(SAVED_ARCH)"; case "$$saved" in \
	"$(ARCH)") ;; \
	"") echo "Built for $(ARCH). The answers are not in samconfig.toml: see that Architecture was $(ARCH)." >&2 ;; \
	*) echo "Built for $(ARCH), and deployed for $$saved: NO FUNCTION RUNS. \`make deploy\` without ARCH builds for $$saved;" >&2; \
	    echo "for $(ARCH), write that after Architecture= in samconfig.toml before." >&2; exit 1 ;; esac

.PHONY: status
status: tools ## Prints who holds what in the account, and changes nothing (STACK=…, FLEET=… for one)
	@PATH="$(BIN):$$PATH" SAM_CLI_TELEMETRY=0 $(BIN)/python scripts/status.py "$(STACK)" "$(FLEET)"

.PHONY: clean
clean: ## Removes what was built and installed here
	cargo clean
	rm -rf .venv .venv-lint .aws-sam

# The functions and the tools, as tests and the demo use them.
.PHONY: functions
functions: tools
	cargo build $(call packages,$(FUNCTIONS))

.PHONY: tools
tools: $(TOOLS)

$(TOOLS): requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

.venv-lint/.installed: requirements-lint.txt
	$(PYTHON) -m venv .venv-lint
	.venv-lint/bin/pip install --quiet --disable-pip-version-check --requirement requirements-lint.txt
	@touch $@
