# SPDX-License-Identifier: GPL-2.0-or-later
# One Makefile for the whole tree. `make help` lists what it can do.

V ?= 0
DESTDIR ?=
PREFIX ?= /usr
SYSCONFDIR ?= /etc
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec/ebpfd
MANDIR ?= $(PREFIX)/share/man
BPFDIR ?= $(PREFIX)/lib/ebpfd
SHAREDIR ?= $(PREFIX)/share/ebpfd
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(PREFIX)/share/pkgconfig
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
CATALOGDIR ?= $(PREFIX)/lib/systemd/catalog
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions

CC ?= gcc
CLANG ?= clang
CFLAGS ?= -O2 -g
CFLAGS += -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	  -fvisibility=hidden -fno-common -fstack-protector-strong
CPPFLAGS += -D_GNU_SOURCE -I. -DEBPFD_LOADER_PATH='"$(LIBEXECDIR)/ebpfd-loader"'
LDFLAGS ?=
LDFLAGS += -Wl,-z,relro,-z,now -Wl,--as-needed
LDLIBS := -lbpf -lelf -lz -lsystemd -linih -ljansson -lmd -lseccomp -lncursesw -ltinfo -lm -lmicrohttpd -lpthread

# Sanitizer builds live beside the plain one; objects never mix.
BUILD := build
ifeq ($(SANITIZE),1)
BUILD := build/sanitize
CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifeq ($(THREADS),1)
BUILD := build/threads
CFLAGS += -fsanitize=thread -fno-omit-frame-pointer
endif
ifeq ($(FAULTS),1)
BUILD := build/faults
CPPFLAGS += -DEBPFD_FAULTS
endif
ifneq ($(SANITIZE)$(THREADS),11)
ifneq ($(SANITIZE)$(THREADS),1)
CPPFLAGS += -D_FORTIFY_SOURCE=2
endif
endif

# Scripts take the build from here.
export BUILD

ifeq ($(WERROR),1)
CFLAGS += -Werror
endif

ifeq ($(V),1)
say = @:
Q :=
else
say = @printf '  %-7s %s\n'
Q := @
endif

# A make below this one: as many compilers as CPUs, where nobody has said how many.
jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

MULTIARCH := $(shell $(CC) -print-multiarch)
BPF_CFLAGS := -O2 -g -Wall -Werror -target bpf -mcpu=v3 -I. -I/usr/include/$(MULTIARCH)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

# ---- programs -------------------------------------------------------------------------------------

# Each folder's objects, without a program's main, make one archive that programs and tests link.
FOLDERS := lib config daemon/kernel daemon/loader daemon/events daemon/maps daemon/state daemon/unit \
	daemon/figures daemon/metrics daemon/service ctl
sources_of = $(filter-out %/main.c,$(wildcard $(1)/*.c $(1)/hooks/*.c))
objects_of = $(patsubst %.c,$(BUILD)/%.o,$(call sources_of,$(1)))
archive_of = $(BUILD)/$(subst /,-,$(1)).a

define archive_rule
$(call archive_of,$(1)): $(call objects_of,$(1))
	$$(say) AR $$@
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach folder,$(FOLDERS),$(eval $(call archive_rule,$(folder))))

archives_of = $(foreach folder,$(1),$(call archive_of,$(folder)))

PROGRAMS := $(BUILD)/ebpfd $(BUILD)/ebpfd-loader $(BUILD)/ebpfctl

$(BUILD)/ebpfd: $(BUILD)/daemon/main.o \
	$(call archives_of,daemon/service daemon/metrics daemon/figures daemon/unit daemon/state daemon/maps \
	daemon/events daemon/kernel config lib)
$(BUILD)/ebpfd-loader: $(BUILD)/daemon/loader/main.o $(BUILD)/daemon/loader/entry_object.o \
	$(call archives_of,daemon/loader daemon/events daemon/kernel config lib)
$(BUILD)/ebpfctl: $(BUILD)/ctl/main.o $(call archives_of,ctl daemon/state daemon/kernel config lib)

$(PROGRAMS):
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LDLIBS)

$(BUILD)/%.o: %.c Makefile
	$(say) CC $@
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The entry is embedded in the loader.
$(BUILD)/daemon/loader/entry_object.o: daemon/loader/entry_object.S $(BUILD)/bpf/entry.bpf.o Makefile
	$(say) AS $@
	$(Q)mkdir -p $(@D) && $(CC) -DENTRY_OBJECT='"$(BUILD)/bpf/entry.bpf.o"' -c -o $@ $<

# ---- BPF objects ----------------------------------------------------------------------------------

BPF_SOURCES := $(wildcard bpf/*.bpf.c bpf/examples/*.bpf.c bpf/units/*.bpf.c tests/bpf/*.bpf.c tests/bench/*.bpf.c)
BPF_OBJECTS := $(BPF_SOURCES:%.bpf.c=$(BUILD)/%.bpf.o)
SHIPPED_OBJECTS := $(filter $(BUILD)/bpf/units/%,$(BPF_OBJECTS))

# Bad input for the tests: an object without types.
$(BUILD)/tests/bpf/no_btf.bpf.o: BPF_CFLAGS += -g0

$(BUILD)/%.bpf.o: %.bpf.c Makefile
	$(say) BPF $@
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

# ---- tests ----------------------------------------------------------------------------------------

ALL_ARCHIVES := $(call archives_of,ctl daemon/service daemon/metrics daemon/figures daemon/unit daemon/state daemon/loader \
	daemon/maps daemon/events daemon/kernel config lib)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*.c))
INTEGRATION_TESTS := $(patsubst tests/integration/%.c,$(BUILD)/tests/integration/%,\
	$(wildcard tests/integration/*.c))
SHIPPED_TESTS := $(patsubst tests/units/%.c,$(BUILD)/tests/units/%,$(wildcard tests/units/*.c))
TEST_TOOLS := $(patsubst tests/tools/%.c,$(BUILD)/tests/tools/%,$(wildcard tests/tools/*.c))
TEST_SUPPORT := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))

$(UNIT_TESTS) $(INTEGRATION_TESTS) $(SHIPPED_TESTS): $(BUILD)/%: $(BUILD)/%.o $(TEST_SUPPORT) $(ALL_ARCHIVES) \
	$(BUILD)/daemon/loader/entry_object.o
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(ALL_ARCHIVES) \
		-Wl,--end-group $(LDLIBS) -lcmocka

# Counts what the decoder allocates: calls of ours, not those within a library.
$(BUILD)/tests/unit/events_decode_bound: LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray

$(TEST_TOOLS): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/tests/tools/common/generator.o $(call archives_of,lib)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# ---- benchmarks -----------------------------------------------------------------------------------

BENCHMARKS := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,\
	$(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))
BENCH_COMMON := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/bench/common/*.c) \
	tests/support/build_path.c tests/support/ledger.c)

# The floor is bare libbpf: no library that it does not need makes it slower.
$(BUILD)/tests/bench/floor: $(BUILD)/tests/bench/floor.o $(BUILD)/tests/bench/common/figures.o
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lbpf

$(filter-out %/floor,$(BENCHMARKS)): $(BUILD)/%: $(BUILD)/%.o $(BENCH_COMMON) $(ALL_ARCHIVES)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(ALL_ARCHIVES) \
		-Wl,--end-group $(LDLIBS)

# ---- fuzzing --------------------------------------------------------------------------------------

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZ_SOURCES := $(wildcard config/*.c lib/*.c) tests/support/ledger.c $(filter-out daemon/events/counts.c,\
	$(wildcard daemon/events/*.c))
FUZZ_CFLAGS := -std=gnu17 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

$(BUILD)/fuzz/%.o: %.c Makefile
	$(say) CLANG $@
	$(Q)mkdir -p $(@D) && $(CLANG) -D_GNU_SOURCE -I. $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link \
		-MMD -MP -c -o $@ $<

$(FUZZ_TARGETS:%=$(BUILD)/fuzz/%): $(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o \
	$(FUZZ_SOURCES:%.c=$(BUILD)/fuzz/%.o)
	$(say) LD $@
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# ---- targets --------------------------------------------------------------------------------------

.PHONY: all bpf tests deps check check-crash check-units check-vm check-systemd check-pods check-observe vm-shell check-unit check-sanitize check-threads bench-events bench-reload bench-metrics fuzz demo tour format lint \
	install clean help

all: programs bpf ## build programs and BPF objects (V=1 shows commands)

.PHONY: programs
programs: $(PROGRAMS)

.PHONY: units
units: $(SHIPPED_OBJECTS)

bpf: $(BPF_OBJECTS)

.PHONY: tools
tools: $(TEST_TOOLS)

tests: all tools $(UNIT_TESTS) $(INTEGRATION_TESTS) $(SHIPPED_TESTS) ## build the tests

deps: ## install what build, tests and demo need, with apt (as root)
	$(Q)packaging/install-dependencies

check: deps ## all tests (as root); the last line counts them
	$(Q)$(MAKE) --no-print-directory $(jobs) tests
	$(Q)tests/run

# What tests/crash uses, and nothing else: all of it is built anew, with points to be killed at.
CRASH_PARTS := $(addprefix $(BUILD)/tests/tools/,execs link_update objects packets tally) \
	$(addprefix $(BUILD)/,$(patsubst %,bpf/examples/%.bpf.o,packets-v1 packets-v2 traffic-v1 traffic-v2) \
	tests/bpf/sleepable.bpf.o)

.PHONY: crash-parts
crash-parts: programs $(CRASH_PARTS)

check-crash: deps ## kill ebpfd after each step of each operation, under traffic (as root; QUICK=1)
	$(Q)$(MAKE) --no-print-directory $(jobs) FAULTS=1 crash-parts
	$(Q)BUILD=build/faults tests/runner/private tests/crash/run

check-units: deps ## the shipped units under real traffic, held against counts from outside (as root; QUICK=1)
	$(Q)$(MAKE) --no-print-directory $(jobs) programs bpf $(SHIPPED_TESTS)
	$(Q)tests/units/run

# Kernels of the matrix, each in a virtual machine under software emulation: what takes longest first.
ifeq ($(QUICK),1)
VM_SUITES ?= sid bullseye
else
VM_SUITES ?= sid trixie bookworm bullseye
endif

check-vm: deps ## integration tests and shipped units on Linux 5.10, 6.1, 6.12 and 7.x, in virtual machines (as root; QUICK=1)
	$(Q)packaging/install-dependencies --vm
	$(Q)$(MAKE) --no-print-directory $(jobs) tests
	$(Q)tests/vm/matrix $(VM_SUITES)

# Of Debian with real systemd, on the kernel of its suite.
ifeq ($(QUICK),1)
SYSTEMD_SUITES ?= bookworm
else
SYSTEMD_SUITES ?= bookworm trixie
endif

check-systemd: deps ## the packages in a Debian with systemd: reloads, restarts, upgrades, a reboot (as root; QUICK=1)
	$(Q)packaging/install-dependencies --vm
	$(Q)packaging/install-dependencies --deb
	$(Q)$(MAKE) --no-print-directory $(jobs) bpf tools
	$(Q)MAKE='$(MAKE)' tests/systemd/run $(SYSTEMD_SUITES)

check-observe: deps ## metrics in a real Prometheus, top in a real terminal, status, bugreport (as root; QUICK=1)
	$(Q)$(MAKE) --no-print-directory $(jobs) tests
	$(Q)tests/observe/run

check-pods: deps ## ebpfd as a pod of its DaemonSet: ConfigMaps that change, pods that are replaced (as root)
	$(Q)packaging/install-dependencies --deb
	$(Q)packaging/install-dependencies --pods
	$(Q)$(MAKE) --no-print-directory $(jobs) tests
	$(Q)MAKE='$(MAKE)' tests/pods/run

vm-shell: ## a shell in the machine of one of these kernels: SUITE=sid
	$(Q)packaging/install-dependencies --vm
	$(Q)$(MAKE) --no-print-directory $(jobs) tests
	$(Q)tests/vm/shell $(or $(SUITE),sid)

check-unit: $(UNIT_TESTS) ## the tests that need no privilege
	$(Q)tests/run unit

# Loop, waiter, dumps and the collector of figures are all the threads there are.
THREAD_TESTS := unit integration/kernel_waiter integration/maps integration/unit_operation \
	integration/unit_recover integration/events_stream integration/figures

check-sanitize: ## unit and integration tests under ASan and UBSan (as root)
	$(Q)$(MAKE) --no-print-directory $(jobs) SANITIZE=1 tests
	$(Q)BUILD=build/sanitize tests/run unit integration

check-threads: ## tests of loop, waiter and collector under TSan (as root)
	$(Q)$(MAKE) --no-print-directory $(jobs) THREADS=1 tests
	$(Q)BUILD=build/threads tests/run $(THREAD_TESTS)

bench-events: deps ## readers of rings side by side (as root; QUICK=1; SCRAPER=1)
	$(Q)$(MAKE) --no-print-directory $(jobs) all $(BUILD)/tests/bench/events $(BUILD)/tests/bench/none
	$(Q)tests/bench/bench-events

bench-reload: deps ## reloads under load beside their floor, and what is lost (as root; QUICK=1)
	$(Q)$(MAKE) --no-print-directory $(jobs) all tools $(BENCHMARKS)
	$(Q)tests/bench/bench-reload

bench-metrics: deps ## a scrape of 100 units (as root; QUICK=1)
	$(Q)$(MAKE) --no-print-directory $(jobs) all
	$(Q)tests/bench/bench-metrics

# What is new goes to build/; what is found is added to the corpus by hand, made small first.
fuzz: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%) ## libFuzzer on each target (FUZZ_SECONDS=60 each)
	$(Q)for target in $(FUZZ_TARGETS); do \
		mkdir -p $(BUILD)/fuzz/corpus/$$target && \
		$(BUILD)/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=10 \
			-rss_limit_mb=1024 -artifact_prefix=$(BUILD)/fuzz/$$target- \
			-verbosity=0 -print_final_stats=1 \
			$(BUILD)/fuzz/corpus/$$target tests/fuzz/corpus/$$target || exit 1; \
	done

demo: deps ## the main job, shown: reloads under load without loss (as root)
	$(Q)$(MAKE) --no-print-directory $(jobs) tests
	$(Q)tests/demo/demo

tour: deps ## plays the tour of the README, and writes what the terminal shows into it (as root)
	$(Q)$(MAKE) --no-print-directory $(jobs) tests
	$(Q)tests/tour/tour >$(BUILD)/tour.md
	$(Q)cp $(BUILD)/tour.md README.md

.PHONY: deb
deb: deps ## Debian packages, in build/deb; DEB_VERSION=0.1.0~older makes them, and what they say, of that version
	$(Q)packaging/install-dependencies --deb
	$(Q)DEB_VERSION='$(DEB_VERSION)' packaging/deb

format: ## clang-format the tree in place
	$(Q)git ls-files '*.c' '*.h' | xargs clang-format -i

lint: ## clang-tidy and the house rules
	$(Q)tests/checks/run

DIRECTORIES := DESTDIR SYSCONFDIR BINDIR SBINDIR LIBEXECDIR MANDIR BPFDIR SHAREDIR INCLUDEDIR \
	PKGCONFIGDIR UNITDIR SYSUSERSDIR TMPFILESDIR CATALOGDIR COMPLETIONDIR

# Handed to the script alone: a make below this one must not take our directories for orders.
install: programs units ## install below DESTDIR and PREFIX
	$(Q)$(foreach name,$(DIRECTORIES),$(name)='$($(name))') packaging/install

clean: ## remove build/
	$(Q)rm -rf build

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 18
	@printf '\n  SANITIZE=1 builds with ASan and UBSan, THREADS=1 with TSan, FAULTS=1 with points to be killed at; WERROR=1 as CI does.\n'

# Not of all that is in build/: packages and roots of Debian have files and folders of such names.
-include $(shell find $(addprefix $(BUILD)/,bpf config ctl daemon fuzz lib tests) -type f -name '*.d' 2>/dev/null)
