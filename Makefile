# What one does here. Each target sets itself up first.
#
#   PROFILE=smoke|course|full   how long the lessons train (course: as written in them)
#   PYTHON=python3.12           the Python that makes the environment (default python3)
#   VENV=.venv                  where the environment is
#   REPOSITORY=https://… BRANCH=main   of the published book, whose pages then have buttons for it

PROFILE ?= course
PYTHON ?= python3
VENV ?= .venv
REPOSITORY ?=
BRANCH ?= main

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --jobs=2 --no-print-directory

ifeq ($(filter smoke course full,$(PROFILE)),)
$(error there is no profile '$(PROFILE)': choose PROFILE=smoke, PROFILE=course or PROFILE=full)
endif

BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT := _build/$(PROFILE)

VARIANTS = $(shell $(BIN)/python tools/variants.py)
LESSONS := $(wildcard notebooks/[0-9]*.ipynb)
EXECUTED := $(patsubst %,$(OUT)/%,$(LESSONS) $(wildcard book/*.ipynb))
LIBRARY := $(shell find srlib -type f -not -path '*/__pycache__/*' -not -name '.*')
PAGES := _config.yml _toc.yml CITATION.cff $(shell find book -type f -not -name '*.ipynb' -not -path '*/__pycache__/*')
RATING := _build/rating/trials.json
SITE := $(OUT)/site/index.html
PDF := $(OUT)/super-resolution.pdf
WEB := _build/web/networks.json

.PHONY: help book pdf test lab app student links claims bench release clean again

help:
	@echo "make book    execute every lesson and build the site   (PROFILE=smoke|course|full)"
	@echo "make pdf     print the site as one PDF, by Chromium"
	@echo "make test    lint, then test the library, the lessons and the site"
	@echo "make lab     open the lessons in JupyterLab"
	@echo "make app     open a page in the browser that enlarges your photographs, without a notebook"
	@echo "make student write the lessons without solutions, and for teachers with solutions that run"
	@echo "make links   ask the servers that the pages link to whether they have what is linked"
	@echo "make claims  try what the lessons claim under other seeds and processors (hours)"
	@echo "make bench   measure speed: dataset creation, input pipeline, networks and their peers, an adversarial step"
	@echo "make release pack the library, the site, the PDF and the lessons, with their SHA-256 sums"
	@echo "make clean   remove everything that was built, but not .venv"

book: $(SITE)
	@echo "The book is in $(CURDIR)/$(SITE)"
	@$(BIN)/python tools/report.py $(OUT)

pdf: $(PDF)
	@echo "The printed book is $(CURDIR)/$(PDF)"

# Hours: every lesson under every variant. Stopped and called again, it goes on.
claims: $(READY)
	@$(MAKE) --keep-going $(foreach variant,$(VARIANTS),$(LESSONS:%=_build/claims/$(variant)/%)); $(BIN)/python tools/claims.py _build/claims

# A process a core, but no more than memory allows; each takes whole files, whose tests share much,
# in the order of their names, so that none of the longest comes last.
test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder --durations=20 --cov=srlib --cov-report=term-missing:skip-covered --cov-fail-under=90

# A lesson opened from here looks for photographs where `make book` and the shell look for them. A
# photograph that is chosen on a page goes through one message, which must be long enough.
MESSAGES := {'websocket_max_message_size': 33554432}
lab: $(READY)
	SRLIB_DATA="$${SRLIB_DATA:-$(CURDIR)/data}" $(BIN)/jupyter lab --ServerApp.tornado_settings="$(MESSAGES)" notebooks

# Nobody but this machine can open it.
app: $(READY)
	JUPYTER_PATH=srlib/app $(BIN)/voila srlib/app/page.ipynb --template=srlib --Voila.ip=127.0.0.1 --Voila.tornado_settings="$(MESSAGES)"

student: $(READY)
	@$(BIN)/python tools/editions.py _build/editions

# Of the pages as they are built. Some servers answer people only: a look at what is left is needed.
links: $(EXECUTED) $(PAGES) $(WEB) $(RATING) | $(READY)
	$(STAGE)
	@echo "asking for every link"
	@$(BIN)/jupyter-book build $(OUT) --builder linkcheck > $(OUT)/logs/links.log 2>&1 || { grep -F '[broken]' $(OUT)/_build/html/output.txt >&2 || tail -n 25 $(OUT)/logs/links.log >&2; exit 1; }

release: book pdf
	@$(BIN)/python tools/release.py $(OUT) _build/release

# Not those that take many minutes and a choice, or measure no speed; each says how it is called.
BENCH := $(filter-out $(addprefix bench/,cluster.py srgan_terms.py training.py weave.py windows.py),$(wildcard bench/*.py))
bench: $(READY)
	@for script in $(BENCH); do echo "$$script"; $(BIN)/python "$$script"; done

clean:
	rm -rf _build

# The environment is touched only when what it is made from has changed. The setting for kernels
# keeps TensorFlow's start-up notices, which no log level stops, off the pages.
$(READY): requirements.txt pyproject.toml tools/web/package-lock.json
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON) here: install Python 3.11, 3.12 or 3.13." >&2; exit 1; }
	@$(PYTHON) tools/install.py $(VENV) requirements.txt
	@mkdir -p $(VENV)/etc/ipython
	@echo 'c.IPKernelApp.capture_fd_output = False' > $(VENV)/etc/ipython/ipython_kernel_config.py
	@$(BIN)/python tools/web_runtime.py $(VENV)/web
	@touch $@

# A run writes a log of its own: two run at a time, and their output would mix.
define RUN
@mkdir -p $(dir $(@D))logs
@echo "running $<$(1)"
@$(BIN)/python tools/lesson.py $< $@ $(2) > $(LOG) 2>&1 || { tail -n 25 $(LOG) >&2; exit 1; }
@tail -n 1 $(LOG)
endef
LOG = $(dir $(@D))logs/$(*F).log
# The profile of the tests runs the exercises' solutions, too, and leaves nothing of them on the page.
SOLUTIONS = $(if $(filter smoke,$(PROFILE)), --solutions)

# One rule a lesson, so that only what changed, in the lesson or in the library, runs again. A lesson
# that fails has a page that says so, and runs again next time.
$(OUT)/%.ipynb: %.ipynb $(LIBRARY) $(wildcard notebooks/profiles/$(PROFILE).yaml) tools/lesson.py tools/variants.py requirements.txt | $(READY)
	$(call RUN,,--profile $(PROFILE)$(SOLUTIONS))

FAILED := $(wildcard $(OUT)/*/*.failed _build/claims/*/*/*.failed)
$(FAILED:.failed=.ipynb): again

# What the page that enlarges photographs loads; the same for every profile.
$(WEB): $(LIBRARY) tools/web_networks.py tools/web/package-lock.json | $(READY)
	@echo "exporting networks for the browser"
	@$(BIN)/python tools/web_networks.py $(@D) $(VENV)/web

# Jupyter Book sees nothing outside the folder it builds, so the pages are put beside the executed
# lessons. It renders everything anew, since what Sphinx keeps between builds goes stale (citations,
# removed pages).
define STAGE
@$(BIN)/python tools/stage.py $(OUT) --repository "$(REPOSITORY)" --branch "$(BRANCH)"
@rm -rf $(OUT)/_build
endef

# The site appears in one piece, and only if there was no warning.
$(SITE): $(EXECUTED) $(PAGES) $(WEB) tools/stage.py tools/citation.py tools/publishing.py tools/records.py | $(READY)
	@echo "rendering the site"
	$(STAGE)
	@$(BIN)/jupyter-book build $(OUT) -W -n --keep-going > $(OUT)/logs/site.log 2>&1 || { grep -E 'WARNING|ERROR|rror:' $(OUT)/logs/site.log >&2 || tail -n 25 $(OUT)/logs/site.log >&2; echo "the site has warnings: all Sphinx said is in $(OUT)/logs/site.log" >&2; exit 1; }
	@rm -rf $(OUT)/site
	@mv $(OUT)/_build/html $(OUT)/site
	@touch $@

$(PDF): $(SITE) tools/pdf.py tools/chromium.py tools/on_paper.py tools/pdf.css
	@echo "printing the site, which takes minutes"
	@$(BIN)/python tools/pdf.py $(OUT)

# The pictures of the blind rating, the same for every profile.
$(RATING): $(LIBRARY) tools/rating_pictures.py | $(READY)
	@echo "enlarging pictures for the blind rating"
	@$(BIN)/python tools/rating_pictures.py $(@D)

$(SITE): $(RATING)

# A lesson under a variant: _build/claims/avx2/notebooks/03_srcnn.ipynb. What was run before a kill
# counts. Only a change of the lesson itself makes it run again, since all of them take hours: after a
# change of the library that matters to results, `make clean claims`.
.SECONDEXPANSION:
_build/claims/%.ipynb: notebooks/$$(*F).ipynb | $(READY)
	$(call RUN, ($(firstword $(subst /, ,$*))),--variant $(firstword $(subst /, ,$*)))
