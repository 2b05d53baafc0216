# `make demo` and `make test` do everything on a fresh Debian 12 or Ubuntu machine with a Swift toolchain.

BANTAM := .build/release/bantam

.PHONY: demo test setup build lint reports minilm benchmarks peers fuzz install clean

demo: reports ## compare recipes on the sample networks; write Reports/
	@echo
	@echo "Open Reports/digits-mlp/report.html, Reports/digits-cnn/report.html or Reports/package-sections/report.html"

test: setup lint ## format, warnings, tests, fuzz corpora, demo
	swift build --build-tests
	swift test --skip-build
	$(MAKE) demo

setup: ## install missing system packages
	@scripts/install-packages

build: setup ## the command, optimised: .build/release/bantam
	swift build -c release --product bantam

lint: setup
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks FuzzTesting

reports: build
	@scripts/demo $(BANTAM)

minilm: ## fetch all-MiniLM-L6-v2 into Models/
	@scripts/minilm

benchmarks: setup ## measure passes, coders and loaders in memory
	swift run -c release --package-path Benchmarks bantam-benchmarks

peers: build minilm ## compare the lossless coders with other tools; write Benchmarks/peers/results.md
	python3 Benchmarks/peers/compare.py

TARGET := safetensors
SECONDS := 60
fuzz: setup ## fuzz one reader: make fuzz TARGET=npz SECONDS=60
	@FuzzTesting/run $(TARGET) $(SECONDS)

install: setup ## one binary in ~/.local/bin that needs no Swift runtime
	swift build -c release --product bantam --static-swift-stdlib -Xlinker -s --scratch-path .build-static
	install -D .build-static/release/bantam $(HOME)/.local/bin/bantam

clean:
	rm -rf .build .build-static Models
