# make          the command at build/pixmill        make demo    see it work
# make check    set up, build and test              make help    the rest
# make V=1 shows each command in full.

BUILD  ?= build
PREFIX ?= /usr/local
SAN    ?=
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
VERSION := 0.1.0
DATE    := 2026-11-22
DEFINES := -DPIXMILL_VERSION='"$(VERSION)"' -DPIXMILL_DATE='"$(DATE)"'
SONAME  := libpixmill.so.$(firstword $(subst ., ,$(VERSION)))

# ISA-L is not packaged everywhere: zlib, which libpng needs anyway, stands in for it. ISAL= does without it here.
ISAL := $(shell pkg-config --exists libisal 2>/dev/null && echo libisal)
PACKAGES := libpng libjpeg libgif libwebp libdeflate zlib $(ISAL) libcrypto libseccomp liburing
BENCH_PACKAGES := gsl hwloc
SERVE_PACKAGES := libevent_core
NET_PACKAGES := libcurl libcrypto
# Codec parts (src/codec/part.h): src/codec/NAME/part/ becomes pixmill-NAME.so where its library is installed. Without it that format is
# refused with a message. PARTS= builds none.
PART_PACKAGES_avif := dav1d aom
PART_PACKAGES_heic := libde265
PART_PACKAGES_jxl := libjxl libbrotlidec
PART_PACKAGES_tiff := libtiff-4 libjpeg
PARTS := $(foreach p,$(patsubst src/codec/%/part/,%,$(wildcard src/codec/*/part/)),$(shell pkg-config --exists $(PART_PACKAGES_$(p)) 2>/dev/null && echo $(p)))
# Nor is Criterion: there the tests run under the little of it that they use (tests/standin). CRITERION= does so here.
# It does not run under ThreadSanitizer either.
CRITERION := $(if $(filter thread,$(SAN)),,$(shell pkg-config --exists criterion 2>/dev/null && echo criterion))
CRITERION_CFLAGS := $(if $(CRITERION),$(shell pkg-config --cflags criterion 2>/dev/null),-Itests/standin)
CRITERION_LIBS   := $(if $(CRITERION),$(shell pkg-config --libs criterion 2>/dev/null))
PACKAGE_CFLAGS := $(if $(ISAL),-DPIXMILL_ISAL) $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
BENCH_CFLAGS   := $(shell pkg-config --cflags $(BENCH_PACKAGES) 2>/dev/null)
SERVE_CFLAGS   := $(shell pkg-config --cflags $(SERVE_PACKAGES) 2>/dev/null)
NET_CFLAGS     := $(shell pkg-config --cflags $(NET_PACKAGES) 2>/dev/null)
CFLAGS   ?= -O2 -g
# A newer compiler's new warning must not keep anybody from building a release: it is an error to developers and CI alone.
WERROR   ?=
override CFLAGS += -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic $(if $(filter-out 0,$(WERROR)),-Werror) -fopenmp -pthread -fPIC -fvisibility=hidden \
                   -ffp-contract=off -Iinclude -Isrc $(PACKAGE_CFLAGS)
# Where pointers have 32 bits sizes of files and times have 64 all the same. A float is computed as a float: by default 32-bit
# x86 takes 80 bits for it (2) and gcc for s390x 64 (1), and so would other bytes come of it.
POINTER_BYTES := $(shell echo __SIZEOF_POINTER__ | $(CC) -E -P -x c - 2>/dev/null)
FLOATS        := $(shell echo __FLT_EVAL_METHOD__ | $(CC) $(CFLAGS) -E -P -x c - 2>/dev/null)
WIDE          := $(if $(filter 4,$(POINTER_BYTES)),-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64)
override CFLAGS += $(WIDE) $(if $(filter 1,$(FLOATS)),-fexcess-precision=fast) \
                   $(if $(filter i386-% i486-% i586-% i686-%,$(MACHINE)),$(if $(filter 2,$(FLOATS)),-msse2 -mfpmath=sse))
# A call that is bound when it is first made saves vector registers on the stack, and keys that are in them.
override LDFLAGS += -fopenmp -pthread -Wl,-z,now
LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm
BENCH_LIBS := $(shell pkg-config --libs $(BENCH_PACKAGES) 2>/dev/null)
SERVE_LIBS := $(shell pkg-config --libs $(SERVE_PACKAGES) 2>/dev/null)
NET_LIBS := $(shell pkg-config --libs $(NET_PACKAGES) 2>/dev/null)

# What makes a fault hard to exploit, read off the binaries by check-hardening. Sanitizers bring checks of their own.
HARDEN ?= $(if $(SAN),,1)
ifneq ($(HARDEN),)
override CFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
ifneq ($(filter x86_64%,$(MACHINE)),)
override CFLAGS += -fstack-clash-protection -fcf-protection=full
endif
override LDFLAGS += -Wl,-z,relro,-z,noexecstack
PIE := -pie
endif

comma := ,
ifneq ($(SAN),)
override CFLAGS  += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer -DPIXMILL_SANITIZED
override LDFLAGS += -fsanitize=$(SAN)
override BUILD := $(BUILD)-$(subst $(comma),-,$(SAN))
endif

# Everything but the command line, the lab, the server and what fetches URLs, which need libraries of their own, is the
# library; a new file in any folder is found by its place.
SOURCES       := $(shell find src -name '*.c' ! -name '*.simd.c' ! -path 'src/cli/*' ! -path 'src/bench/*' \
                   ! -path 'src/http/*' ! -path 'src/serve/*' ! -path 'src/net/*' ! -path 'src/python/*' ! -path 'src/codec/*/part/*' $(if $(ISAL),,! -name inflate_isal.c))
SIMD          := $(shell find src -name '*.simd.c')
CLI_SOURCES   := $(shell find src/cli -name '*.c')
BENCH_SOURCES := $(shell find src/bench -name '*.c')
SERVE_SOURCES := $(shell find src/http src/serve -name '*.c')
NET_SOURCES   := $(shell find src/net -name '*.c')
TESTS         := $(shell find tests -name '*.c' ! -path 'tests/fuzz/*' ! -path 'tests/kernels/*' ! -path 'tests/preload/*' ! -path 'tests/peers/*' \
                   ! -path 'tests/http/plain/*')
PRELOADS      := $(patsubst tests/preload/%.c,$(BUILD)/%.so,$(wildcard tests/preload/*.c))
HOSTILE       := $(wildcard tests/hostile/*.c)
COUNTING      := $(wildcard tests/counting/*.c)
TESTS         := $(filter-out $(HOSTILE) $(COUNTING) $(if $(CRITERION),tests/standin/%,tests/main.c),$(TESTS))
# What is timed against its plain twin, and the twins, which the tests share.
KERNELS       := $(wildcard tests/kernels/*.c) tests/filter/reference.c tests/codec/png/plain_rows.c tests/image/plain_color.c tests/color/plain_table.c \
                 tests/color/plain_space.c tests/codec/png/pngs.c \
                 $(if $(CRITERION),,tests/standin/standin.c)

# Kernels are compiled once for each instruction set (src/base/simd.h); elsewhere than on x86-64 the compiler's own is all.
ifneq ($(filter x86_64%,$(MACHINE)),)
LEVELS       := base avx2 avx512
FLAGS_base   := -march=x86-64-v2
FLAGS_avx2   := -march=x86-64-v3
FLAGS_avx512 := -march=x86-64-v4 -mavx512vnni -mprefer-vector-width=512
else
LEVELS := base
endif

OBJECTS       := $(SOURCES:%.c=$(BUILD)/%.o) $(foreach l,$(LEVELS),$(SIMD:%.simd.c=$(BUILD)/%.$(l).o))
# A program is its main.o with the others.
CLI_OBJECTS   := $(filter-out %/main.o,$(CLI_SOURCES:%.c=$(BUILD)/%.o))
BENCH_OBJECTS := $(BENCH_SOURCES:%.c=$(BUILD)/%.o)
SERVE_OBJECTS := $(SERVE_SOURCES:%.c=$(BUILD)/%.o)
NET_OBJECTS   := $(NET_SOURCES:%.c=$(BUILD)/%.o)
PART_SOURCES  := $(foreach p,$(PARTS),$(wildcard src/codec/$(p)/part/*.c))
PART_LIBRARIES := $(PARTS:%=$(BUILD)/pixmill-%.so)
TEST_OBJECTS  := $(TESTS:%.c=$(BUILD)/%.o)
HOSTILE_OBJECTS := $(HOSTILE:%.c=$(BUILD)/%.o)
COUNTING_OBJECTS := $(COUNTING:%.c=$(BUILD)/%.o)
KERNEL_OBJECTS := $(KERNELS:%.c=$(BUILD)/%.o)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

# say, TARGET: one short line a step, or with V=1 the whole command.
V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-5s %s\n' $(1) $(2)
else
Q :=
say =
endif

.PHONY: all
all: $(BUILD)/pixmill $(BUILD)/pixmill-bench $(BUILD)/pixmill-trial $(BUILD)/pixmill-serve $(BUILD)/pixmill-net.so \
     $(BUILD)/libpixmill.so $(PART_LIBRARIES)

$(BUILD)/libpixmill.a: $(OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/libpixmill.so: $(OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,$(SONAME) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/pixmill: $(BUILD)/src/cli/main.o $(CLI_OBJECTS) $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(PIE) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libbench.a: $(BENCH_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# The lab, and the program that it starts for each trial, which is linked to no more than a run needs.
$(BUILD)/pixmill-bench: $(BUILD)/src/cli/bench/main.o $(CLI_OBJECTS) $(BUILD)/libbench.a $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(PIE) $(LDFLAGS) -o $@ $^ $(BENCH_LIBS) $(LIBS)

$(BUILD)/pixmill-trial: $(BUILD)/src/cli/trial/main.o $(CLI_OBJECTS) $(BUILD)/libbench.a $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(PIE) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libserve.a: $(SERVE_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/pixmill-serve: $(BUILD)/src/cli/serve/main.o $(CLI_OBJECTS) $(BUILD)/libserve.a $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(PIE) $(LDFLAGS) -o $@ $^ $(SERVE_LIBS) $(LIBS)

# What the command loads when a run names a URL; of the library it takes what it needs along.
$(BUILD)/libnet.a: $(NET_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/pixmill-net.so: $(NET_OBJECTS) $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,--exclude-libs,ALL $(LDFLAGS) -o $@ $^ $(NET_LIBS) -lm

# A codec's part takes along what it needs of the library; all that it needs must be there when it is linked.
define part_rule
$(BUILD)/pixmill-$(1).so: $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/codec/$(1)/part/*.c)) $(BUILD)/libpixmill.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) -shared -Wl,--exclude-libs,ALL $(if $(HARDEN),-Wl$(comma)-z$(comma)defs) $$(LDFLAGS) -o $$@ $$^ $$(shell pkg-config --libs $(PART_PACKAGES_$(1))) -lm
$(patsubst %.c,$(BUILD)/%.o,$(wildcard src/codec/$(1)/part/*.c)): override CFLAGS += $$(shell pkg-config --cflags $(PART_PACKAGES_$(1)))
endef
$(foreach p,$(PARTS),$(eval $(call part_rule,$(p))))

# The Python module (src/python) for the interpreter PYTHON: a package in $(BUILD)/python, with the codec parts. By the limited API it
# is for every Python from 3.11 on; a free-threaded one gets a build of its own beside it.
PYTHON ?= /usr/bin/python3
PYTHON_SOURCES := $(wildcard src/python/*.c)
PYTHON_FILES   := $(wildcard src/python/pixmill/*.py src/python/pixmill/*.pyi) src/python/pixmill/py.typed
PYTHON_BUILT   := $(BUILD)/python/built$(subst /,-,$(PYTHON))
python_says     = $(shell $(PYTHON) src/python/interpreter.py $(1))

$(PYTHON_BUILT): $(PYTHON_SOURCES) src/python/module.h $(wildcard include/pixmill/*.h) src/python/interpreter.py $(PYTHON_FILES) \
                 $(BUILD)/libpixmill.a $(PART_LIBRARIES) $(BUILD)/flags
	@$(PYTHON) src/python/interpreter.py
	$(call say,LD,$(BUILD)/python)
	@mkdir -p $(@D)/pixmill
	$(Q)$(CC) -shared -Wl,--exclude-libs,ALL,--as-needed $(CFLAGS) -Wno-pedantic $(DEFINES) $(call python_says,cflags) $(LDFLAGS) \
	    -o $(@D)/pixmill/_pixmill$(call python_says,suffix) $(PYTHON_SOURCES) $(BUILD)/libpixmill.a $(LIBS)
	$(Q)cp $(PYTHON_FILES) $(PART_LIBRARIES) $(@D)/pixmill/
	@touch $@

# For the tests: where the interpreter can be built for. They say so when it is missing.
.PHONY: python-module
python-module: $(BUILD)/libpixmill.a $(PART_LIBRARIES)
	@! $(PYTHON) src/python/interpreter.py 2>/dev/null || $(MAKE) --no-print-directory $(PYTHON_BUILT)

$(BUILD)/unit: $(TEST_OBJECTS) $(CLI_OBJECTS) $(addprefix $(BUILD)/lib,bench.a serve.a net.a pixmill.a)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(BENCH_LIBS) $(SERVE_LIBS) $(LIBS) $(CRITERION_LIBS)

$(BUILD)/kernels: $(KERNEL_OBJECTS) $(BUILD)/libbench.a $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(BENCH_LIBS) $(LIBS) $(CRITERION_LIBS)

# What tests put between the command and the C library.
$(BUILD)/%.so: tests/preload/%.c tests/preload/real.h tests/torture/fault_plan.h $(BUILD)/flags
	$(call say,LD,$@)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE $(WIDE) -Wall -Wextra $(if $(filter-out 0,$(WERROR)),-Werror) -O2 -g -fPIC -fvisibility=hidden -shared -Itests $(PACKAGE_CFLAGS) -o $@ $<

# How near any program's results are to the reference in double precision.
$(BUILD)/quality: $(BUILD)/tests/peers/quality.o $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# The command and the server with a codec that attacks them: of the tests alone, and never installed.
HOSTILE_WRAPS := codec_probe codec_sniff reader_open message_receive_up_to worker_pin
$(HOSTILE_OBJECTS) $(COUNTING_OBJECTS): override CFLAGS += -Itests -Wno-pedantic
$(BUILD)/pixmill-hostile: $(BUILD)/src/cli/main.o $(CLI_OBJECTS) $(HOSTILE_OBJECTS) $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(HOSTILE_WRAPS:%=-Wl$(comma)--wrap=%) -o $@ $^ $(LIBS)

$(BUILD)/pixmill-serve-hostile: $(BUILD)/src/cli/serve/main.o $(CLI_OBJECTS) $(HOSTILE_OBJECTS) \
    $(BUILD)/libserve.a $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(HOSTILE_WRAPS:%=-Wl$(comma)--wrap=%) -o $@ $^ $(SERVE_LIBS) $(LIBS)

# A server of plain text, of src/http and src/base alone: of the tests.
$(BUILD)/tests/http/plain/main.o: override CFLAGS += $(SERVE_CFLAGS)
$(BUILD)/http-plain: $(BUILD)/tests/http/plain/main.o $(filter $(BUILD)/src/http/% $(BUILD)/src/base/%,$(SERVE_OBJECTS) $(OBJECTS))
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(SERVE_LIBS) $(LIBS)

# The command that counts how often a header is read and a plan made.
COUNTED := codec_probe plan_make plan_make_for reader_open png_read_header jpeg_read_header_of jpeg_read_header
$(BUILD)/pixmill-counting: $(BUILD)/src/cli/main.o $(CLI_OBJECTS) $(COUNTING_OBJECTS) $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(COUNTED:%=-Wl$(comma)--wrap=%) -o $@ $^ $(LIBS)

# The command with the codec, the filter and the backend that are written on the pages for authors, and with the line that each page asks
# for: of the tests alone.
PAGES := $(addprefix $(BUILD)/pages/,pnm.c codec.c invert.c filter.c turns.c backend.c)
$(BUILD)/pages/pnm.c: src/codec/README.md
$(BUILD)/pages/invert.c: src/filter/README.md
$(BUILD)/pages/turns.c: src/backend/README.md
$(BUILD)/pages/pnm.c $(BUILD)/pages/invert.c $(BUILD)/pages/turns.c:
	@mkdir -p $(@D)
	$(Q)sed -n '/^```c$$/,/^```$$/{/^```/d;p}' $< >$@

$(BUILD)/pages/codec.c: src/codec/codec.c
	@mkdir -p $(@D)
	$(Q)sed '/codecs\[\] = {/,/NULL,/s/^    NULL,/    \&codec_pnm,\n&/;1i extern const struct codec codec_pnm;' $< >$@

$(BUILD)/pages/filter.c: src/filter/filter.c
	@mkdir -p $(@D)
	$(Q)sed '/filters\[\] = {/,/NULL,/s/^    NULL,/    \&invert_filter,\n&/;1i extern const struct filter invert_filter;' $< >$@

$(BUILD)/pages/backend.c: src/backend/backend.c $(BUILD)/pages/backend/backends.def
	$(Q)cp $< $@

$(BUILD)/pages/backend/backends.def: src/backend/backends.def
	@mkdir -p $(@D)
	$(Q)sed '$$aBACKEND(turns, )' $< >$@

$(BUILD)/pages/%.o: $(BUILD)/pages/%.c $(BUILD)/flags
	$(call say,CC,$<)
	$(Q)$(CC) -I$(BUILD)/pages $(CFLAGS) $(DEFINES) -MMD -MP -c -o $@ $<

$(BUILD)/pixmill-pages: $(BUILD)/src/cli/main.o $(CLI_OBJECTS) $(PAGES:.c=.o) $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# Compiler and flags of the last build: with others, or another version, everything is built anew.
FLAGS := $(subst ','\'',$(CC) $(CFLAGS) $(DEFINES) $(CRITERION_CFLAGS))
.PHONY: force
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@printf '%s\n' '$(FLAGS)' | cmp -s - $@ || printf '%s\n' '$(FLAGS)' >$@

$(BUILD)/%.o: %.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(DEFINES) -MMD -MP -c -o $@ $<

$(TEST_OBJECTS) $(KERNEL_OBJECTS) $(BUILD)/tests/peers/quality.o: override CFLAGS += -Itests -Wno-pedantic $(CRITERION_CFLAGS)
$(BENCH_OBJECTS) $(BUILD)/src/cli/bench/main.o $(TEST_OBJECTS) $(KERNEL_OBJECTS): override CFLAGS += $(BENCH_CFLAGS)
$(SERVE_OBJECTS) $(BUILD)/src/cli/serve/main.o $(TEST_OBJECTS): override CFLAGS += $(SERVE_CFLAGS)
$(BUILD)/src/serve/page.o: src/serve/page.html # which lies in it
$(BUILD)/src/bench/report/report_html.o: src/bench/report/page.html
$(NET_OBJECTS) $(TEST_OBJECTS): override CFLAGS += $(NET_CFLAGS)

define simd_rule
$(BUILD)/%.$(1).o: %.simd.c $(BUILD)/flags
	$$(call say,CC,"$$< $(1)")
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) -O3 $$(FLAGS_$(1)) -DSIMD_LEVEL=$(1) -MMD -MP -c -o $$@ $$<
endef
$(foreach l,$(LEVELS),$(eval $(call simd_rule,$(l))))

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# Fuzz targets: clang and libFuzzer, in a build of their own. FUZZ_SECONDS is for each.
FUZZ_SECONDS ?= 20
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(BUILD)-fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SHARED  := $(filter-out tests/fuzz/fuzz_%,$(wildcard tests/fuzz/*.c))
FUZZ_OBJECTS := $(FUZZ_SHARED:%.c=$(BUILD)/%.o)
FUZZ_FLAGS   := -fsanitize=address,undefined -fno-sanitize-recover=undefined

$(FUZZ_OBJECTS): override CFLAGS += -Itests
$(BUILD)/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_OBJECTS) $(CLI_OBJECTS) $(addprefix $(BUILD)/lib,serve.a pixmill.a)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -Itests $(SERVE_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(SERVE_LIBS) $(LIBS)

.PHONY: fuzz fuzz-smoke
fuzz:
	@$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)-fuzz HARDEN= LDFLAGS='$(FUZZ_FLAGS)' \
	    CFLAGS='-O1 -g $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -DPIXMILL_SANITIZED' $(FUZZ_TARGETS) $(PARTS:%=$(BUILD)-fuzz/pixmill-%.so)

fuzz-smoke: fuzz $(BUILD)/pixmill
	@PIXMILL=$(abspath $(BUILD)/pixmill) scripts/fuzz.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)

.PHONY: setup setup-tests check demo bench-peers unit
setup:
	@scripts/setup.sh

setup-tests:
	@scripts/setup.sh --tests

# Of a recursive call: what `make -jN` gave is shared; without it, all processors.
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$$(nproc))

# The recursive call reads pkg-config anew, after setup has installed what it lacked.
check: setup-tests
	@$(MAKE) --no-print-directory $(JOBS) unit

# Everything: the tests, the server's page, the lab's report, converted colours and written animations in a real browser, and the same bytes from another compiler's build and on other
# processors, whose programs are made on x86-64.
.PHONY: check-all check-page check-bytes check-arch check-cluster check-shard-kills
check-all: check check-page check-bytes check-cluster check-shard-kills mutants $(if $(filter x86_64%,$(MACHINE)),check-arch)

# The other compiler's build also does without what not every system or processor has.
OTHER_CC := $(if $(findstring clang,$(CC)),gcc,clang)
check-bytes: setup
	@scripts/setup.sh $(OTHER_CC) $(patsubst clang%,libomp%-dev,$(filter clang%,$(OTHER_CC)))
	@$(MAKE) -s $(JOBS) $(BUILD)/pixmill
	@$(MAKE) -s $(JOBS) CC=$(OTHER_CC) BUILD=$(BUILD)-$(OTHER_CC) ISAL= FLAGS_base=-march=x86-64 $(BUILD)-$(OTHER_CC)/pixmill
	@scripts/same-bytes.sh $(abspath $(BUILD)/pixmill $(BUILD)-$(OTHER_CC)/pixmill)

check-arch: setup
	@$(MAKE) -s $(JOBS) $(BUILD)/pixmill
	@PIXMILL=$(abspath $(BUILD)/pixmill) scripts/prove-arch.sh arm64 s390x i386

# A batch by Slurm and by GNU parallel on three nodes, which are namespaces of this machine, some of which die.
check-cluster: setup
	@scripts/setup.sh slurmctld slurmd slurm-client munge parallel iproute2 python3
	@$(MAKE) -s $(JOBS) all
	@PIXMILL=$(abspath $(BUILD)/pixmill) scripts/check-cluster.sh

# 200 kills of attempts at shards, with and without locks; `make check` has a few.
check-shard-kills: setup-tests
	@$(MAKE) -s $(JOBS) $(BUILD)/unit $(BUILD)/pixmill $(PART_LIBRARIES) $(PRELOADS)
	@PIXMILL=$(abspath $(BUILD)/pixmill) PIXMILL_TORTURE=long $(BUILD)/unit --filter 'torture_shards/*'

SHOTS ?=
check-page: setup
	@scripts/setup.sh chromium python3-dev python3-fastapi uvicorn colord-data icc-profiles-free
	@$(MAKE) -s $(JOBS) all $(PYTHON_BUILT)
	@python3 tests/serve/browser.py $(BUILD)/pixmill samples $(SHOTS)
	@python3 tests/color/browser.py $(BUILD)/pixmill samples
	@python3 tests/codec/browser.py $(BUILD)/pixmill samples
	@PYTHONPATH=$(BUILD)/python $(PYTHON) tests/python/web_page.py samples $(SHOTS)

demo: setup
	@$(MAKE) -s $(JOBS) all
	@scripts/demo.sh $(BUILD)/pixmill

# make bench-peers PEERS="--runs=7 A E": beside sharp, vipsthumbnail and GraphicsMagick.
bench-peers: setup
	@$(MAKE) -s $(JOBS) all $(BUILD)/quality
	@PIXMILL=$(abspath $(BUILD)/pixmill) QUALITY=$(abspath $(BUILD)/quality) scripts/bench-peers.sh $(PEERS)

# make bench-kernels WORDS="blur 'PNG unfilter'": only those, without the peers; WORDS=--json for a program.
.PHONY: bench-kernels
bench-kernels: setup-tests
	@$(MAKE) -s $(JOBS) $(BUILD)/kernels
	@KERNELS=$(abspath $(BUILD)/kernels) scripts/bench-kernels.sh $(WORDS)

.PHONY: unit-programs
unit-programs: $(addprefix $(BUILD)/,unit pixmill pixmill-hostile pixmill-serve-hostile pixmill-counting pixmill-pages pixmill-bench pixmill-trial pixmill-serve pixmill-net.so libpixmill.so http-plain) \
               $(PART_LIBRARIES) $(PRELOADS) python-module
# Most tests take too long under ThreadSanitizer, or fork with threads: there, the real command is run from end to end.
ifeq ($(SAN),thread)
unit: $(BUILD)/pixmill
	$(Q)PIXMILL=$(abspath $(BUILD)/pixmill) tests/end_to_end.sh
else
unit: unit-programs $(if $(HARDEN),check-hardening)
	$(Q)PIXMILL=$(abspath $(BUILD)/pixmill) PYTHON=$(PYTHON) $(if $(SAN),scripts/sanitized.sh) $(BUILD)/unit
endif

# make SAN=thread check-server (or address,undefined): the tests of src/http and src/serve. A thread that hangs in a file system
# is left behind on purpose, and is no leak.
.PHONY: check-server
check-server: unit-programs
	$(Q)suites=$$(sed -nE 's/^(Parameterized)?Test\(([a-z_]+),.*/\2/p' tests/http/*.c tests/serve/*.c | sort -u | paste -sd'|') && \
	    TSAN_OPTIONS=report_thread_leaks=0:suppressions=$(abspath tests/tsan.supp) PIXMILL=$(abspath $(BUILD)/pixmill) \
	    $(if $(SAN),scripts/sanitized.sh) $(BUILD)/unit --filter "@($$suites)/*"

# Line coverage of src/ by all tests, in a build of its own; a line of a kernel counts once, however often it is compiled.
# Worker processes end without a trace: what only they run counts as not covered. Whether a test fails is unit's affair.
# Counts begin anew, in files that commands may write which tests start without root's rights.
COVERAGE_LEAST ?= 90
COVERAGE_MAKE = $(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)-coverage HARDEN= LDFLAGS=--coverage \
                CFLAGS='-O1 -g --coverage -fprofile-update=atomic -DPIXMILL_COVERAGE'
.PHONY: coverage
coverage: setup-tests
	@scripts/setup.sh gcovr
	+@$(COVERAGE_MAKE) unit-programs
	@find $(BUILD)-coverage -name '*.gcno' | sed 's/no$$/da/' | xargs sh -c 'truncate -s 0 "$$@" && chmod a+w "$$@"' sh
	+-@$(COVERAGE_MAKE) unit
	@gcovr --root . --filter src/ -j $$(nproc) --txt $(BUILD)-coverage/lines.txt --print-summary \
	    --fail-under-line $(COVERAGE_LEAST) $(BUILD)-coverage

# The command's main paths under valgrind, without suppressions.
.PHONY: check-valgrind
check-valgrind: $(BUILD)/pixmill
	@scripts/setup.sh valgrind
	@PIXMILL=$(abspath $(BUILD)/pixmill) scripts/check-valgrind.sh

.PHONY: check-hardening
HARDENED := $(addprefix $(BUILD)/,pixmill pixmill-bench pixmill-trial pixmill-serve pixmill-net.so libpixmill.so) $(PART_LIBRARIES)
check-hardening: $(HARDENED)
	$(Q)scripts/check-hardening.sh $^ $(wildcard $(BUILD)/python/pixmill/_pixmill*.so)

# The long forms of what `unit` has samples of: about an hour. PIXMILL_SEED=N repeats a run.
.PHONY: torture
torture: $(BUILD)/unit $(BUILD)/pixmill $(BUILD)/pixmill-serve $(PART_LIBRARIES) $(PRELOADS)
	$(Q)PIXMILL=$(abspath $(BUILD)/pixmill) PIXMILL_TORTURE=long nice -n 19 $(BUILD)/unit -j$$(nproc) --filter 'torture_*/*'

# The protocols' models, searched by spin.
.PHONY: check-models
check-models:
	@scripts/check-models.sh

# Do the tests notice faults? One at a time, about ten seconds each. make mutants WORDS="serve/ verdict": those of such files.
.PHONY: mutants
mutants: setup-tests
	@scripts/mutants.sh $(WORDS)

# What `make install` adds to the command: manual and completion come from its own tables. In the installed static
# library nothing but the public names is left visible.
DOCS := $(addprefix $(BUILD)/share/,pixmill.1 pixmill.bash pixmill.zsh pixmill.fish)

$(BUILD)/share/pixmill.1: $(BUILD)/pixmill
	@mkdir -p $(@D)
	$(Q)$< help --man > $@

$(BUILD)/share/pixmill.%: $(BUILD)/pixmill
	@mkdir -p $(@D)
	$(Q)$< help --completion=$* > $@

$(BUILD)/share/libpixmill.a: $(OBJECTS)
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)ld -r -o $(@:.a=.o) $^ && objcopy --localize-hidden $(@:.a=.o)
	$(Q)rm -f $@ && ar rcs $@ $(@:.a=.o)

.PHONY: install
install: all $(DOCS) $(BUILD)/share/libpixmill.a
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin libexec/pixmill lib/pkgconfig include/pixmill share/man/man1 share/pixmill/recipes \
	    share/bash-completion/completions share/zsh/site-functions share/fish/vendor_completions.d)
	install -m 755 $(BUILD)/pixmill $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(addprefix $(BUILD)/pixmill-,bench trial serve) $(DESTDIR)$(PREFIX)/libexec/pixmill/
	install -m 644 $(BUILD)/pixmill-net.so $(PART_LIBRARIES) $(DESTDIR)$(PREFIX)/libexec/pixmill/
	install -m 644 include/pixmill/*.h $(DESTDIR)$(PREFIX)/include/pixmill/
	install -m 644 $(BUILD)/share/libpixmill.a $(DESTDIR)$(PREFIX)/lib/
	install -m 644 $(BUILD)/libpixmill.so $(DESTDIR)$(PREFIX)/lib/libpixmill.so.$(VERSION)
	ln -sf libpixmill.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(PREFIX)/lib/libpixmill.so
	@printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' 'libdir=$${prefix}/lib' '' \
	    'Name: pixmill' 'Description: Images through filters, many at a time' 'Version: $(VERSION)' \
	    'Requires.private: $(PACKAGES)' 'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lpixmill' \
	    'Libs.private: -fopenmp -pthread -lm' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/pixmill.pc
	install -m 644 samples/recipes/*.recipe $(DESTDIR)$(PREFIX)/share/pixmill/recipes/
	install -m 644 $(BUILD)/share/pixmill.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 $(BUILD)/share/pixmill.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/pixmill
	install -m 644 $(BUILD)/share/pixmill.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_pixmill
	install -m 644 $(BUILD)/share/pixmill.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/pixmill.fish

# What `install` has put there, and the folders that are then empty.
.PHONY: uninstall
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/pixmill lib/libpixmill.a lib/libpixmill.so lib/libpixmill.so.$(VERSION) lib/$(SONAME) \
	    lib/pkgconfig/pixmill.pc share/man/man1/pixmill.1 share/bash-completion/completions/pixmill \
	    share/zsh/site-functions/_pixmill share/fish/vendor_completions.d/pixmill.fish)
	rm -rf $(addprefix $(DESTDIR)$(PREFIX)/,libexec/pixmill include/pixmill share/pixmill)
	-rmdir --ignore-fail-on-non-empty $(addprefix $(DESTDIR)$(PREFIX)/,lib/pkgconfig share/man/man1 share/man \
	    share/bash-completion/completions share/bash-completion share/zsh/site-functions share/zsh share/fish/vendor_completions.d \
	    share/fish share include libexec lib bin) 2>/dev/null

# The module alone, where PYTHON looks for packages, or in PYTHONDIR.
.PHONY: python install-python uninstall-python
python: setup
	@$(PYTHON) src/python/interpreter.py 2>/dev/null || [ $(PYTHON) != /usr/bin/python3 ] || scripts/setup.sh python3-dev
	@$(MAKE) --no-print-directory $(JOBS) $(PYTHON_BUILT)

PYTHONDIR ?= $(call python_says,folder)
install-python: $(PYTHON_BUILT)
	$(PYTHON) src/python/install.py $(BUILD)/python/pixmill $(DESTDIR)$(PYTHONDIR) $(VERSION)

uninstall-python:
	rm -rf $(addprefix $(DESTDIR)$(PYTHONDIR)/,pixmill pixmill-$(VERSION).dist-info)

.PHONY: clean fmt lint help
clean:
	rm -rf build build-*

fmt:
	clang-format -i $$(find src include tests -name '*.[ch]')

# Needs Debian's clang-tidy and cppcheck. The latter does not know vector types and takes each for uninitialised.
# It takes memory that is handed on for lost, and the two ends of a file that lies in the program for two objects,
# a loop's n > 0 for n >= 0, and knows neither ElfW nor Py_RETURN_NONE.
# alloca is what wipes the stack.
lint:
	$(Q)printf '%s\n' $(filter-out src/base/error.c,$(SOURCES) $(CLI_SOURCES) $(BENCH_SOURCES) $(SERVE_SOURCES) $(NET_SOURCES) $(PART_SOURCES)) | xargs -P $$(nproc) -n 4 sh -c \
	    'clang-tidy --quiet "$$@" -- $(filter -I% -D% -std=% -fopenmp,$(CFLAGS)) $(subst ','\'',$(DEFINES))' sh
	$(Q)cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 -j $$(nproc) \
	    --suppress=uninitvar --suppress=legacyUninitvar --suppress=negativeIndex:*.simd.c \
	    --suppress=memleak:src/batch/reserve.c --suppress=comparePointers:src/serve/page.c --suppress=shiftNegativeLHS:src/base/machine.c \
	    --suppress=shiftTooManyBits:src/codec/jpeg/entropy.simd.c --suppress=unknownMacro:src/codec/jxl/part/quiet.c \
	    --suppress=missingReturn:src/python/procs.c \
	    --suppress=autoVariables:src/codec/png/probe.c --suppress=allocaCalled:src/base/snapshot.c -Iinclude -Isrc src

help:
	@printf '  %-34s %s\n' \
	    'make' 'the command at build/pixmill, and the library' \
	    'make demo' 'see it work' \
	    'make check' 'install what is missing, build, and run every test' \
	    'make unit' 'the same without installing anything' \
	    'make check-all' 'check, the page of the server, the report of the lab and written files in a real Chromium (SHOTS=DIR keeps pictures of them), and the same bytes by gcc and clang, on ARM, s390x and 32-bit x86, and mutants' \
	    'make check-arch' 'builds for other processors, run under qemu-user: the same bytes' \
	    'make SAN=address check' 'the same under a sanitizer: address, undefined or thread' \
	    'make SAN=thread check-server' 'the tests of the server under a sanitizer' \
	    'make install PREFIX= DESTDIR=' 'command, library, headers, manual, completion (PREFIX is $(PREFIX))' \
	    'make uninstall PREFIX= DESTDIR=' 'remove them' \
	    'make python PYTHON=' 'the Python module, in $(BUILD)/python (PYTHON is $(PYTHON))' \
	    'make install-python PYTHON= PYTHONDIR=' 'install it where PYTHON looks for packages; uninstall-python removes it' \
	    'make bench-peers' 'beside sharp, vipsthumbnail and GraphicsMagick' \
	    'make bench-kernels' 'inner loops against their plain twins, and beside sharp, OpenCV and Pillow' \
	    'make lint' 'clang-tidy and cppcheck' \
	    'make coverage' 'lines of src/ that the tests run' \
	    'make check-valgrind' 'the main paths of the command under valgrind' \
	    'make check-hardening' 'read off the binaries how they were hardened' \
	    'make fuzz-smoke' 'each fuzz target for FUZZ_SECONDS ($(FUZZ_SECONDS)); needs clang' \
	    'make torture' 'every failure point, kill and soak in full: about an hour (make check has a part)' \
	    'make check-cluster' 'a batch by Slurm and by GNU parallel on three nodes, which are namespaces, some of which die' \
	    'make check-shard-kills' '200 kills of attempts at shards, with and without locks' \
	    'make check-models' 'search the models of the protocols (tests/models) with spin: half a minute' \
	    'make mutants' 'put one fault after the other into a copy of the sources, and see the tests catch it: ten minutes' \
    'make fmt' 'lay out every source file' \
	    'make clean' 'remove what was built' \
	    'V=1' 'with any of these: show each command' \
	    'WERROR=1' 'with any of these: a warning is an error, as in CI'
