# From Level 1: what CI runs. A step of a workflow is one of these targets, so that a person can run any of them.
FLOOR ?= 88
IMAGE ?= app
# TAG is read from the environment by the shell: a tag's name is never expanded by make before release-check has seen it
export TAG
VERSION = $(TAG:v%=%)
IMAGE_NAME = $(IMAGE):$(or $(VERSION),dev)
# layers, and their rooms
LAYERS := $(patsubst %/__init__.py,%,$(wildcard src/*/*/__init__.py src/*/*/*/__init__.py))
FLOORS := $(addprefix floor/,$(wildcard src/*/__init__.py) $(LAYERS))

.PHONY: lint format types hooks test cover $(FLOORS) integration ci build smoke
.PHONY: image image-smoke image-save image-push release-check release-notes release-dry-run

lint: $(READY) ## formatting and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(READY) ## put formatting and what lint can mend right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(READY) ## strict types
	$(BIN)/mypy

hooks: $(READY) ## secrets, large files, notebook outputs, conflict markers: what pre-commit looks for
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/pre-commit run --all-files --show-diff-on-failure

test: $(READY) ## the quick tests
	$(BIN)/python -m pytest -m "not integration"

cover: $(READY) ## the quick tests, and a floor of coverage for each package
	$(BIN)/python -m pytest -m "not integration" --cov=src --cov-branch --cov-report= --junit-xml=reports/unit.xml
	$(BIN)/coverage xml -q -o reports/coverage.xml
	@$(MAKE) --no-print-directory $(FLOORS)

$(FLOORS): floor/%:
	@echo "coverage of $(patsubst %/__init__.py,%/*.py,$*), floor $(FLOOR) %"
	@$(BIN)/coverage report --include='$(if $(filter %.py,$*),$(patsubst %/__init__.py,%/*.py,$*),$*/*)' --skip-covered --fail-under=$(FLOOR)

integration: $(READY) ## the tests that start real servers or processes
	$(BIN)/python -m pytest -m integration --junit-xml=reports/integration.xml

build: $(READY) ## the wheel, into dist/
	rm -rf build/lib dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

smoke: build ## install the wheel into an empty environment, start it there, score a sample
	$(BIN)/python -m venv --clear build/smoke
	build/smoke/$(notdir $(BIN))/python -m pip install --quiet --no-compile --disable-pip-version-check "$$(ls dist/*.whl)[service]"
	build/smoke/$(notdir $(BIN))/mlops smoke

ci: lint types hooks cover integration smoke ## all that CI asks, but for the image

image: ## the container image (docker); SCIKIT_LEARN=1.9.1 names the version that made the accepted model
	docker build --tag "$(IMAGE_NAME)" $(if $(SCIKIT_LEARN),--build-arg SCIKIT_LEARN="$(SCIKIT_LEARN)") --file Containerfile .

image-smoke: ## start the image, score a sample in it (docker)
	docker run --rm --volume "$(CURDIR)/project.toml:/tmp/smoke/project.toml:ro" --workdir /tmp/smoke --entrypoint mlops "$(IMAGE_NAME)" smoke

image-save: image-smoke ## the image, which has passed its smoke test, as build/image.tar (docker)
	mkdir -p build
	docker save --output build/image.tar "$(IMAGE_NAME)"

image-push: image-smoke ## push the image, which has passed its smoke test (docker)
	docker push "$(IMAGE_NAME)"

release-check: $(READY) ## does TAG=v1.2.3 agree with pyproject.toml and CHANGELOG.md
	$(MLOPS) release-check "$$TAG"

release-notes: $(READY) ## what CHANGELOG.md says of TAG=v1.2.3, into reports/release-notes.md
	$(MLOPS) release-notes "$$TAG" --out reports/release-notes.md

release-dry-run: release-check ci ## all of a release of TAG=v1.2.3 but the image and the push
	$(MLOPS) release-check "$$TAG" --dist dist
	$(MLOPS) release-notes "$$TAG" --out reports/release-notes.md
