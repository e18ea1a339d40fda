# make          the command at build/pixmill        make demo    see it work
# make check    set up, build and test              make help    the rest
# make V=1 shows each command in full.

BUILD  ?= build
PREFIX ?= /usr/local
SAN    ?=
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
VERSION := 0.1.0
DATE    := 2026-11-22

PACKAGES := libpng libjpeg libdeflate libcrypto libseccomp
CFLAGS   ?= -O2 -g
override CFLAGS += -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -fopenmp -pthread -fPIC -fvisibility=hidden \
                   -ffp-contract=off -Iinclude -Isrc $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
override LDFLAGS += -fopenmp -pthread
LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm

ifneq ($(SAN),)
override CFLAGS  += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer -DPIXMILL_SANITIZED
override LDFLAGS += -fsanitize=$(SAN)
BUILD := $(BUILD)-$(SAN)
endif

# Everything but the command line is the library; a new file in any folder is found by its place.
SOURCES     := $(shell find src -name '*.c' ! -name '*.simd.c' ! -path 'src/cli/*')
SIMD        := $(shell find src -name '*.simd.c')
CLI_SOURCES := $(shell find src/cli -name '*.c')
TESTS       := $(shell find tests -name '*.c')

# Kernels are compiled once for each instruction set (src/base/simd.h); elsewhere than on x86-64 the compiler's own is all.
ifneq ($(filter x86_64%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
LEVELS       := base avx2 avx512
FLAGS_base   := -march=x86-64-v2
FLAGS_avx2   := -march=x86-64-v3
FLAGS_avx512 := -march=x86-64-v4 -mprefer-vector-width=512
else
LEVELS := base
endif

OBJECTS      := $(SOURCES:%.c=$(BUILD)/%.o) $(foreach l,$(LEVELS),$(SIMD:%.simd.c=$(BUILD)/%.$(l).o))
CLI_OBJECTS  := $(CLI_SOURCES:%.c=$(BUILD)/%.o)
TEST_OBJECTS := $(TESTS:%.c=$(BUILD)/%.o)

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
all: $(BUILD)/pixmill $(BUILD)/libpixmill.so

$(BUILD)/libpixmill.a: $(OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/libpixmill.so: $(OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,libpixmill.so.0 $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/pixmill: $(CLI_OBJECTS) $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/unit: $(TEST_OBJECTS) $(filter-out %/main.o,$(CLI_OBJECTS)) $(BUILD)/libpixmill.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs criterion 2>/dev/null)

$(BUILD)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -DPIXMILL_VERSION='"$(VERSION)"' -DPIXMILL_DATE='"$(DATE)"' -MMD -MP -c -o $@ $<

$(TEST_OBJECTS): override CFLAGS += -Itests -Wno-pedantic

define simd_rule
$(BUILD)/%.$(1).o: %.simd.c
	$$(call say,CC,"$$< $(1)")
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) -O3 $$(FLAGS_$(1)) -DSIMD_LEVEL=$(1) -MMD -MP -c -o $$@ $$<
endef
$(foreach l,$(LEVELS),$(eval $(call simd_rule,$(l))))

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: setup check demo bench-peers unit clean fmt
setup:
	@scripts/setup.sh

# The recursive call reads pkg-config anew, after setup has installed what it lacked.
check: setup
	@$(MAKE) --no-print-directory -j$$(nproc) unit

demo: setup
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@scripts/demo.sh $(BUILD)/pixmill

# make bench-peers PEERS="--runs=7 A E": beside sharp, vipsthumbnail and GraphicsMagick.
bench-peers: setup
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@PIXMILL=$(abspath $(BUILD)/pixmill) scripts/bench-peers.sh $(PEERS)

unit: $(BUILD)/unit $(BUILD)/pixmill
	PIXMILL=$(abspath $(BUILD)/pixmill) $(BUILD)/unit

clean:
	rm -rf build build-*

fmt:
	clang-format -i $$(find src include tests -name '*.[ch]')
