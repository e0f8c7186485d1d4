PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := probe_noise client_abort termination_fallout

.DEFAULT_GOAL := demo
.PHONY: demo test lint compiled compiled-if-possible pure bench bench-growth bench-filter docs mutation clean

# Everything below runs in a virtual environment of its own.
$(VENV)/ready: pyproject.toml
	@echo "setting up $(VENV) (once; half a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable . --group dev
	@$(BIN)/python -m pip install --quiet --only-binary :all: hyperscan || echo "without hyperscan: the standard library scans"
	@$(BIN)/python -m compileall -q engine  # also where nothing else may write compiled modules
	@touch $@

demo: $(VENV)/ready            ## set up, and judge a few of the folders in samples/
	@for label in $(DEMO); do \
	  printf '\n$$ whyreset run samples/%s\n\n' "$$label"; \
	  $(BIN)/whyreset run "samples/$$label" || exit; \
	done

test: $(VENV)/ready lint       ## set up, and pass everything
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/whyreset check
	$(BIN)/whyreset test
	$(BIN)/whyreset fmt --check rules
	$(BIN)/python tests/bench/mutation.py

compiled: $(VENV)/compiled     ## compile the fast path in place (needs a C compiler; two minutes)

# Any module of these folders may be one of the compiled ones, or be inlined in one.
$(VENV)/compiled: $(VENV)/ready $(wildcard $(addprefix engine/whyreset/,basis/*.py correlate/*.py ingest/*.py model/*.py))
	@find engine -name '*.so' -delete
	@HATCH_BUILD_HOOKS_ENABLE=1 $(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

# Without a C compiler the sources are measured as they are.
compiled-if-possible: $(VENV)/ready
	-@$(MAKE) --no-print-directory compiled

pure:                          ## take the compiled modules away, to work on their sources
	@find engine -name '*.so' -delete
	@rm -f $(VENV)/compiled

bench: compiled-if-possible  ## compare with a hand-written awk script (needs mawk)
	$(BIN)/python tests/bench/compare.py

bench-growth: compiled-if-possible  ## CPU and memory on 1 and 4 million lines
	$(BIN)/python tests/bench/growth.py

bench-filter: compiled-if-possible  ## records a second of `whyreset filter`, beside cat and a JSON loop
	$(BIN)/python tests/bench/filter.py

docs: $(VENV)/ready            ## write docs/reference.md and docs/diagnostics.md anew
	$(BIN)/python -m whyreset.language.reference.page > docs/reference.md
	$(BIN)/python -m whyreset.language.pages > docs/diagnostics.md

mutation: $(VENV)/ready        ## does a test fail when a clause of a shipped rule is changed?
	$(BIN)/python tests/bench/mutation.py

clean: pure
	rm -rf $(VENV) bench-out .pytest_cache .mypy_cache .ruff_cache
