# Two commands matter: `make run` and `make test`. The others are for the people who change the product.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run setup test test-long check format bench bench-signals screenshots train eval backtests fuzz clean

run: setup
	@exec $(BIN)/python -m pipeline run

setup: $(VENV)/.core

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更高版本（含 venv）。请安装后重试，或用 make PYTHON=/path/to/python3 指定。" >&2; exit 4; }
	@$(PYTHON) -m venv $(VENV) || { echo "无法建立 .venv：请安装 venv（Debian/Ubuntu：apt install python3-venv）。" >&2; rm -rf $(VENV); exit 4; }

# The stamp is written last: an interrupted installation is simply taken up again.
$(VENV)/.core: requirements.txt | $(VENV)/bin/python
	@echo "正在安装依赖（首次约 1–3 分钟）……"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements-postgres.txt $(VENV)/.core
	@echo "正在安装测试依赖……"
	@$(PIP) -r requirements-dev.txt
	@touch $@

# Compiled files are kept even where the environment says not to: the tests start dozens of processes.
test: $(VENV)/.dev
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
		-m "not long" $(PYTEST_ARGS)

# The three groups' ways through the browser, accessibility page by page, killed workers, a replay beside the live pipeline:
# minutes each.
test-long: $(VENV)/.dev
	@$(BIN)/python -m pytest -m long $(PYTEST_ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev
	$(BIN)/python -m bench

bench-signals: $(VENV)/.dev
	@$(BIN)/python -m bench signals

# The pictures of README.md and docs/screens.md, on the demonstration archive; SHOTS names some of them.
screenshots: $(VENV)/.dev
	@$(BIN)/python -m bench.screenshots $(SHOTS)

$(VENV)/.train: requirements-train.txt $(VENV)/.core
	@echo "正在安装训练与评测依赖……"
	@$(PIP) -r requirements-train.txt
	@touch $@

# The labelled rows are not part of the repository: DATA names the folder that holds finneg_dev.csv.
DATA ?= ../shared/data
eval: $(VENV)/.train
	@$(BIN)/python -m training.compare --data $(DATA) $(EVAL_ARGS)

# Backtests on real material, which is not part of the repository either; each is skipped where its files are absent.
backtests: $(VENV)/.train
	@$(BIN)/python -m pipeline.backtests --data $(DATA)

FUZZ_RUNS ?= 20000
$(VENV)/.fuzz: requirements-fuzz.txt $(VENV)/.dev
	@$(PIP) -r requirements-fuzz.txt
	@touch $@

fuzz: $(VENV)/.fuzz
	@for target in feed html_list json_api dates amounts encoding tables texts; do \
		echo "== $$target"; mkdir -p data/fuzz; \
		$(BIN)/python -m tests.fuzz $$target -runs=$(FUZZ_RUNS) > data/fuzz/$$target.log 2>&1; found=$$?; \
		tail -n 5 data/fuzz/$$target.log; [ $$found = 0 ] || exit 1; done

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
