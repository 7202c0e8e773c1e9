# labelmilter. The two commands of the README are `make demo` and `make test`.
#
#   build        the static binary, bin/labelmilter
#   demo         a private Postfix, the milter, a dozen mails: see it work
#   test         unit, packs, fixtures, properties, real Postfix and Sendmail
#   check        formatting, vet, static analysis, race detector, short fuzzing
#   bench-edm-full  exact data match with a hundred million rows
#   bench        benchmarks; readme-bench writes their tables into README.md
#   fuzz-report  long fuzzing, recorded in testdata/reports/fuzz.json
#   eval         measurements on corpora that are not shipped: CORPORA=DIR
#   sit-report   how well each sensitive information type is found, into rules/sit/README.md

GO        ?= go
FUZZTIME  ?= 60s
CORPORA   ?=
TMP       := $(or $(TMPDIR),/tmp)
SKIPS     := $(TMP)/labelmilter-skips
CONFORM   := $(TMP)/labelmilter-conformance
export CGO_ENABLED ?= 0

.PHONY: build tools demo test check race fmt vet static fuzz bench bench-edm-full readme-bench fuzz-report eval sit-report schema clean

build:
	$(GO) build -trimpath -o bin/labelmilter ./cmd/labelmilter

# What tests and demo use beside Go; does nothing where all is there, and says
# what is missing where it cannot be installed.
tools:
	@$(GO) run ./internal/mtalab/install || echo "some tools are missing: tests that need them are skipped and counted"

demo: tools build
	$(GO) run ./internal/demo -binary bin/labelmilter

test: tools
	@rm -f $(SKIPS) $(CONFORM)
	LABELMILTER_SKIPS=$(SKIPS) LABELMILTER_CONFORMANCE=$(CONFORM) $(GO) test -timeout 20m ./...
	$(GO) test -run TestAgainstReference ./internal/policy -pairs 1000000
	@cat $(CONFORM) 2>/dev/null || true
	LABELMILTER_SKIPS=$(SKIPS) $(GO) test -count=1 -run TestSkipped -v ./internal

check: fmt vet static race fuzz

fmt:
	@out=$$(gofmt -l cmd internal rules); if [ -n "$$out" ]; then echo "not gofmt-ed:"; echo "$$out"; exit 1; fi

vet:
	$(GO) vet ./...

static:
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./... 

# The race detector needs cgo and gcc.
race:
	CGO_ENABLED=1 $(GO) test -race -timeout 30m ./...

fuzz:
	$(GO) run ./internal/fuzzrun -time 10s

fuzz-report:
	$(GO) run ./internal/fuzzrun -time $(FUZZTIME) -report testdata/reports/fuzz.json

bench: build
	$(GO) test -run '^$$' -bench . -benchmem ./internal/...
	cd internal/bench && $(GO) test -run '^$$' -bench . -benchmem ./...
	$(GO) run ./internal/mtabench

# A hundred million rows: some minutes and 3 GB in EDM_BENCH_DIR or TMPDIR;
# checks first that they are there.
bench-edm-full:
	EDM_ROWS=100000000 $(GO) test -timeout 2h -run '^$$' -bench 'Build|Find|Open' -benchmem ./internal/edm

readme-bench: build
	cd internal/bench && $(GO) test -count=1 -timeout 30m -run TestReadme -readme ../../README.md .
	$(GO) run ./internal/mtabench -readme README.md

eval:
	@if [ -z "$(CORPORA)" ]; then echo "eval: skipped: no corpora given (make eval CORPORA=DIR)"; else \
	$(GO) run ./internal/eval $(CORPORA) && \
	$(GO) run ./cmd/labelmilter rules test --report --neutral-size 1024 $(addprefix --neutral ,$(CORPORA)); fi

# Measures every sensitive information type and writes the table into
# rules/sit/README.md.
sit-report:
	$(GO) test -count=1 ./internal/ruletest -run 'TestReport$$' -update-readme -v

schema:
	$(GO) run ./cmd/labelmilter rules schema > rules/schema/rulepack.schema.json
	$(GO) run ./cmd/labelmilter rules schema pack > rules/schema/pack.schema.json

clean:
	rm -rf bin
