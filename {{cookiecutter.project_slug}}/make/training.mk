# Level 2, training: the pipeline, what it registers, what starts it, and what it is pinned to.
LOCK := environments/training.lock

# `make setup` installs what is locked, with pip and with uv. A relative path: both take several, with blanks between them.
ifneq ($(wildcard $(LOCK)),)
export PIP_CONSTRAINT := $(LOCK)
export UV_CONSTRAINT := $(LOCK)
$(READY): $(LOCK)
endif

.PHONY: pipeline pipeline-check preflight registry reproduce release rollback ui
.PHONY: schedules schedules-run schedules-export requests lock lock-upgrade environment

# CAUSE and PLATFORM are read by the shell: what a workflow hands in is never expanded by make
export CAUSE PLATFORM

pipeline: $(READY) ## run the training pipeline (CAUSE=why, PLATFORM=azure submits it)
	$(MLOPS) pipeline run --cause "$${CAUSE:-by hand}" --platform "$${PLATFORM:-local}"

pipeline-check: $(READY) ## find wrong bindings in the pipeline, and schedules that cannot be
	$(MLOPS) pipeline check
	$(MLOPS) schedules check
	$(MLOPS) schedules export --check

preflight: $(READY) ## what the pipeline needs on Azure: machines, virtual CPUs, quota
	$(MLOPS) pipeline preflight

registry: $(READY) ## registered versions, and who released them
	$(MLOPS) registry list
	$(MLOPS) registry ledger

reproduce: $(READY) ## train MODEL (a version or an alias) again, and compare to the last digit
	$(MLOPS) reproduce $(or $(MODEL),candidate)

release: $(READY) ## serve the registered MODEL (a version or an alias) from now on
	$(MLOPS) release $(or $(MODEL),candidate)

rollback: $(READY) ## serve the version that was released before
	$(MLOPS) release --rollback

ui: $(READY) ## MLflow's pages on this workspace
	$(MLOPS) ui

schedules: $(READY) ## what recurs, and when next
	$(MLOPS) schedules list

schedules-run: $(READY) ## be the scheduler, until Ctrl+C
	$(MLOPS) schedules run

schedules-export: $(READY) ## carry schedules.toml to the CI provider and to azure/schedules
	$(MLOPS) schedules export

requests: $(READY) ## run what schedules and events asked for
	$(MLOPS) requests work

environment: $(READY) ## is what is installed what is locked
	$(MLOPS) environment check

lock: $(READY) ## pin what pyproject.toml asks for; versions that still fit stay
	$(MLOPS) environment lock

lock-upgrade: $(READY) ## pin the newest versions
	$(MLOPS) environment lock --upgrade
