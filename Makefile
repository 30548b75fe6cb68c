# Two commands on a fresh machine: `make demo` and `make test`. Everything else is for those who change the code.

PYTHON ?= python3
PHOTOS ?=
QUERY ?=
DATA ?=
UNLABELED ?=
ZEROSHOT ?=
HUB ?=
# ALL=1 runs the slow tests too
ALL ?=
# where torch comes from, as "--index-url …" of CPU builds
TORCH_FLAGS ?=

RUNTIME := .venv
TESTING := .venv-test
PIP_FLAGS := --quiet --disable-pip-version-check
CLI_DOCS := $(TESTING)/bin/python -m typer twinlens.cli.main utils docs --name twinlens --title "The twinlens command"

# the parts of a check, which run side by side, the longest first
CHECKS := types style directions pages
CORES := $(shell getconf _NPROCESSORS_ONLN)

.PHONY: demo test check docs format quality default-model reproduce lock clean help $(CHECKS) tools

# a shell may ask Python to keep no compiled files: each process of the tests would compile ours anew
unexport PYTHONDONTWRITEBYTECODE

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(RUNTIME)/.ready  ## search photos by words: make demo PHOTOS=~/Pictures QUERY="a dog on a beach"
	@$(RUNTIME)/bin/python scripts/demo.py --photos="$(PHOTOS)" --query="$(QUERY)"

test: $(TESTING)/.ready  ## the checks, then the tests; make test ALL=1 runs the slow ones too, as CI does, ALL=1 FAMILIES=1 those of every published family of models, and ALL=1 THOROUGH=1 longer campaigns and variants
	@echo "Checking format, lint, types and import directions"
	@$(MAKE) --no-print-directory -j $(CORES) $(CHECKS) $(TESTING)/.compiled tools
	@echo "All checks passed."
	@echo "Running $(if $(ALL),all tests,the tests but the slow ones: make test ALL=1 runs all)"
	@$(TESTING)/bin/python -m pytest -n auto --dist worksteal -m "not gpu$(if $(ALL),, and not slow)$(if $(FAMILIES),, and not families)$(if $(THOROUGH),, and not thorough)" -q
	@echo "All tests passed."

check: $(TESTING)/.ready  ## format, lint, types, import directions
	@echo "Checking format, lint, types and import directions"
	@$(MAKE) --no-print-directory -j $(CORES) $(CHECKS)
	@echo "All checks passed."

types:
	@$(TESTING)/bin/mypy --no-error-summary

style:
	@$(TESTING)/bin/ruff format --check --quiet src tests benchmarks scripts
	@$(TESTING)/bin/ruff check --quiet src tests benchmarks scripts

directions:
	@$(TESTING)/bin/lint-imports --no-cache > /dev/null || $(TESTING)/bin/lint-imports --no-cache

pages:
	@page=$$(mktemp) && $(CLI_DOCS) --output $$page > /dev/null && cmp -s $$page docs/reference/cli.md \
		|| { echo "docs/reference/cli.md is stale: run make docs"; exit 1; }
	@$(TESTING)/bin/python scripts/figures.py --check

tools:
	@scripts/browser $(TESTING)/bin/python
	@scripts/proxies

docs: $(TESTING)/.ready  ## write the pages generated from the program, and the figures of the embedded model
	@$(CLI_DOCS) --output docs/reference/cli.md
	@$(TESTING)/bin/python -m twinlens.rest > docs/reference/openapi.json
	@$(TESTING)/bin/python scripts/figures.py

format: $(TESTING)/.ready  ## put the code in shape
	@$(TESTING)/bin/ruff format src tests benchmarks scripts
	@$(TESTING)/bin/ruff check --fix src tests benchmarks scripts

quality: $(TESTING)/.ready  ## measure the default model: make quality DATA=path/to/flickr8k ZEROSHOT=path/to/imagenet_sample UNLABELED=path/to/photos JUDGED=path/to/data
	@test -n "$(DATA)" || { echo "give the captioned photos: make quality DATA=path/to/flickr8k"; exit 2; }
	@$(TESTING)/bin/twinlens evaluate --data "$(DATA)" --split test
	@test -z "$(ZEROSHOT)" || $(TESTING)/bin/twinlens evaluate --data "$(ZEROSHOT)"
	@test -z "$(JUDGED)" || $(TESTING)/bin/python scripts/calibrate.py default --photos "$(JUDGED)" --measure
	@test -z "$(UNLABELED)" || $(TESTING)/bin/python scripts/quality.py --photos "$(UNLABELED)"

SERVED := en de fr es it pt nl pl cs ru uk tr ar hi vi zh ja ko

default-model: $(TESTING)/.ready  ## train the embedded model: make default-model DATA=path/to/flickr8k UNLABELED=path/to/photos TRANSLATIONS=path/to/translations WORDS=words.tsv TOKENIZER=tokenizer.json
	@test -n "$(DATA)" || { echo "give the captioned photos: make default-model DATA=path/to/flickr8k UNLABELED=path/to/photos"; exit 2; }
	@$(TESTING)/bin/twinlens train recipes/default.toml --data "$(DATA)" --out runs/default $(if $(wildcard runs/default/recipe.json),--resume) $(if $(UNLABELED),--set distillation.photos='"$(abspath $(UNLABELED))"')
	@test -d runs/default-before || cp -r src/twinlens/model/default runs/default-before
	@rm -rf runs/default-english runs/default-bundle
	@$(TESTING)/bin/twinlens export runs/default --int8 --out runs/default-english
	@$(TESTING)/bin/python scripts/languages.py runs/default-english --data "$(DATA)" --out runs/languages --languages $(SERVED) --leave-out benchmarks/quality/judged.json \
		$(if $(TRANSLATIONS),--translations "$(TRANSLATIONS)") $(if $(SENTENCES),--sentences $(SENTENCES)) $(if $(WORDS),--words "$(WORDS)") $(if $(TOKENIZER),--tokenizer "$(TOKENIZER)") $(if $(UNLABELED),--photos "$(UNLABELED)")
	@cp -r runs/languages/bundle runs/default-bundle
	@test -z "$(WORDFREQ)" || $(TESTING)/bin/python scripts/word_list.py runs/default-bundle "$(WORDFREQ)" $(if $(ANNOTATIONS),--annotations "$(ANNOTATIONS)")
	@test -z "$(WORDFREQ)" || $(TESTING)/bin/python scripts/english_tower.py runs/default-bundle runs/default-english --data "$(DATA)" $(if $(SENTENCES),--sentences $(SENTENCES))
	@test -n "$(JUDGED)" || $(TESTING)/bin/twinlens models calibrate runs/default-bundle --data "$(DATA)" --split val
	@test -z "$(JUDGED)" || $(TESTING)/bin/python scripts/calibrate.py runs/default-bundle --photos "$(JUDGED)"
	@test -z "$(BRIDGE)" || $(TESTING)/bin/python scripts/bridge.py runs/default-before runs/default-bundle "$(DATA)"
	@$(TESTING)/bin/twinlens evaluate --model runs/default-bundle --data "$(DATA)" --split test --record
	@test -z "$(ZEROSHOT)" || $(TESTING)/bin/twinlens evaluate --model runs/default-bundle --data "$(ZEROSHOT)" --record
	@rm -rf src/twinlens/model/default && cp -r runs/default-bundle src/twinlens/model/default
	@cp runs/default/metrics.jsonl docs/decisions/default-model-log.jsonl

reproduce: $(TESTING)/.ready  ## train the recipes of five published projects and write docs/results.md: make reproduce DATA=path/to/flickr8k
	@test -n "$(DATA)" || { echo "give the captioned photos: make reproduce DATA=path/to/flickr8k"; exit 2; }
	@$(TESTING)/bin/python scripts/reproduce.py --data "$(DATA)" $(if $(HUB),--hub)

$(RUNTIME)/.ready: requirements/runtime.lock pyproject.toml
	@echo "Making $(RUNTIME) with the locked runtime (no torch)"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "twinlens needs Python 3.11 or later: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(RUNTIME)
	@$(RUNTIME)/bin/python -m pip install $(PIP_FLAGS) --require-hashes -r requirements/runtime.lock
	@$(RUNTIME)/bin/python -m pip install $(PIP_FLAGS) --no-deps --editable .
	@touch $@

$(TESTING)/.ready: requirements/test.lock pyproject.toml
	@echo "Making $(TESTING) with the locked runtime, the test tools and torch (CPU)"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "twinlens needs Python 3.11 or later: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(TESTING)
	@$(TESTING)/bin/python -m pip install $(PIP_FLAGS) --no-compile --no-deps --require-hashes -r requirements/test.lock
	@$(TESTING)/bin/python -m pip install $(PIP_FLAGS) --no-compile $(TORCH_FLAGS) torch==2.13.0
	@$(TESTING)/bin/python -m pip install $(PIP_FLAGS) --no-deps --editable .
	@touch $@

# compiled while the checks run, for pip does it on one core; a few files of packages are templates, no Python
$(TESTING)/.compiled: $(TESTING)/.ready
	@$(TESTING)/bin/python -m compileall -qq -j $(CORES) -x '/(tests|transformers/models)/' $(TESTING)/lib/python*/site-packages || true
	@touch $@

lock:  ## renew the lock files (uv)
	@PATH="$(CURDIR)/$(TESTING)/bin:$$PATH" scripts/lock

clean:  ## remove what make made
	rm -rf $(RUNTIME) $(TESTING) .demo .proxies dist
