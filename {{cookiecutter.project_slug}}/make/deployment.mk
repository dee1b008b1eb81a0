# Level 3, deployment: the endpoint, and the way of a version to it.
.PHONY: endpoint-up endpoint-status endpoint-down model-test rollout rollout-next rollout-status rollout-approve rollout-back
.PHONY: share client client-check mutation

# read by the shell: what a workflow hands in is never expanded by make, and `--` ends the options
export CAUSE MODEL REASON

# a client that callers have is held by CI from then on
ifneq ($(wildcard client/contract.json),)
lint: client-check
endif

endpoint-up: $(READY) ## run the endpoint in its last committed state; it stays when this comes back (PORT=n)
	$(MLOPS) endpoint up --detach $(if $(PORT),--port $(PORT))

endpoint-status: $(READY) ## what is deployed, who gets what, how every process is
	$(MLOPS) endpoint status

endpoint-down: $(READY) ## end the endpoint, once it has answered what it has begun
	$(MLOPS) endpoint down

model-test: $(READY) ## test MODEL (a version or an alias) as promotion asks; the report is in reports/model-tests too
	$(MLOPS) model test --workspace dev --out reports/model-tests -- "$${MODEL:-candidate}"

rollout: $(READY) ## start the release of MODEL, up to where it waits for requests (CAUSE=why)
	$(MLOPS) rollout start --cause "$${CAUSE:-by hand}" -- "$${MODEL:-candidate}"

rollout-next: $(READY) ## go on with the open release, else take the version that was registered last
	$(MLOPS) events send
	$(MLOPS) events consume
	$(MLOPS) rollout run --once

rollout-status: $(READY) ## the open release with its steps, and the ones before
	$(MLOPS) rollout status
	$(MLOPS) rollout list

rollout-approve: $(READY) ## say yes to the open release, where release.toml asks a person
	$(MLOPS) rollout approve

rollout-back: $(READY) ## go back now: end an open release, else serve the version before (REASON=why)
	$(MLOPS) rollback --reason "$${REASON:-by hand}"

share: $(READY) ## on Azure: share MODEL with the registry, and see that production can have it from there
	$(MLOPS) promote --from dev --to registry -- "$${MODEL:?say which version}"
	$(MLOPS) promote --from registry --to prod -- "$${MODEL:?say which version}"

client: $(READY) ## write the client for application developers into client/
	$(MLOPS) client generate

client-check: $(READY) ## is client/ what project.toml makes of it
	$(MLOPS) client generate --check

mutation: $(READY) ## change the code in a copy, one thing at a time: do the tests notice (SAMPLE=n, SEED=n)
	$(BIN)/python tests/deployment/mutation.py $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))
