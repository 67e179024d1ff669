// SPDX-License-Identifier: MIT
/* Reading programs. A line that is none of the language ends everything: nothing after it can be trusted. */
#include "program.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

struct program program;

struct name { const char *name; int value; };
static const struct name KINDS[] = {
	{ "anon", ANON }, { "shanon", SHANON }, { "file", FILE_PRIVATE }, { "huge", HUGETLB }, { "thp", THP }, { "sharedfile", FILE_SHARED },
	{ "rofile", FILE_READONLY }, { 0 },
};
static const struct name ADVICES[] = {
	{ "dontfork", MADV_DONTFORK }, { "dofork", MADV_DOFORK }, { "wipeonfork", MADV_WIPEONFORK }, { "keeponfork", MADV_KEEPONFORK },
	{ "dontneed", MADV_DONTNEED }, { "hugepage", MADV_HUGEPAGE }, { "nohugepage", MADV_NOHUGEPAGE }, { "free", MADV_FREE },
	{ "collapse", MADV_COLLAPSE }, { "mergeable", MADV_MERGEABLE }, { "unmergeable", MADV_UNMERGEABLE },
	{ "guard", MADV_GUARD_INSTALL }, { "unguard", MADV_GUARD_REMOVE }, { "cold", MADV_COLD }, { 0 },
};
static const struct name PROTS[] = { { "none", PROT_NONE }, { "r", PROT_READ }, { "rw", PROT_READ | PROT_WRITE }, { 0 } };

static const struct name HEIRS[] = { { "alone", ALONE }, { "forks", FORKS }, { 0 } };
static const struct name WATCHES[] = { { "missing", MISSING }, { "stores", STORES }, { "both", BOTH }, { 0 } };

/* Operands in their order: p process, c child, s slot, r region, a page, n number of pages, v value, t region and b page moved to, K kind, A advice, P protection, H heirs, W what is watched for. */
static const struct { const char *name; enum op op; const char *operands; } OPS[] = {
	{ "mmap", OP_MMAP, "prKn" }, { "mremap", OP_MREMAP, "prn" }, { "munmap", OP_MUNMAP, "pran" }, { "madvise", OP_MADVISE, "pranA" },
	{ "mprotect", OP_MPROTECT, "pranP" }, { "mlock", OP_MLOCK, "pran" }, { "munlock", OP_MUNLOCK, "pran" }, { "swapout", OP_SWAPOUT, "pran" },
	{ "write", OP_WRITE, "prav" }, { "read", OP_READ, "pra" }, { "fork", OP_FORK, "pc" }, { "thread", OP_THREAD, "pc" }, { "exit", OP_EXIT, "p" },
	{ "exec", OP_EXEC, "p" }, { "pin", OP_PIN, "psran" }, { "unpin", OP_UNPIN, "s" }, { "devwrite", OP_DEVWRITE, "sav" },
	{ "devread", OP_DEVREAD, "sa" }, { "vmsplice", OP_VMSPLICE, "psran" }, { "vdrop", OP_VDROP, "s" }, { "pvread", OP_PVREAD, "pra" },
	{ "pvwrite", OP_PVWRITE, "prav" }, { "move", OP_MOVE, "prantb" }, { "memread", OP_MEMREAD, "pra" }, { "memwrite", OP_MEMWRITE, "prav" },
	{ "ksmd", OP_KSMD, "" },
	{ "clearrefs", OP_CLEARREFS, "p" },
	{ "uffdopen", OP_UFFDOPEN, "pH" }, { "uffd", OP_UFFD, "pranW" }, { "uffdprotect", OP_UFFDPROTECT, "pran" },
	{ "uffdunprotect", OP_UFFDUNPROTECT, "pran" }, { "uffdcopy", OP_UFFDCOPY, "prav" }, { "uffdend", OP_UFFDEND, "pran" },
};
enum { NR_OPS = sizeof OPS / sizeof *OPS };

const char *opName(enum op op)
{
	for (size_t i = 0; i < NR_OPS; i++)
		if (OPS[i].op == op)
			return OPS[i].name;
	return "the last look";
}

static int named(const struct name *names, const char *word)
{
	for (; names->name; names++)
		if (!strcmp(names->name, word))
			return names->value;
	return -1;
}

static long number(const char *word, long below)
{
	char *end;
	long value = strtol(word, &end, 10);
	return *end || end == word || value < 0 || value >= below ? -1 : value;
}

static int operand(char what, const char *word, struct step *step)
{
	switch (what) {
	case 'p': return step->p = (int)number(word, NR_TASKS);
	case 'c': return step->child = (int)number(word, NR_TASKS);
	case 's': return step->slot = (int)number(word, NR_SLOTS);
	case 'r': return step->r = (int)number(word, NR_REGIONS);
	case 'a': return step->page = number(word, REGION_SPAN / PAGE), step->page < 0 ? -1 : 0;
	case 'n': return step->nr = number(word, REGION_SPAN / PAGE), step->nr < 0 ? -1 : 0;
	case 't': return step->to = (int)number(word, NR_REGIONS);
	case 'b': return step->toPage = number(word, REGION_SPAN / PAGE), step->toPage < 0 ? -1 : 0;
	case 'v': return step->value = (int)number(word, 256);
	case 'K': return step->arg = named(KINDS, word);
	case 'A': return step->arg = named(ADVICES, word);
	case 'H': return step->arg = named(HEIRS, word);
	case 'W': return step->arg = named(WATCHES, word);
	default: return step->arg = named(PROTS, word);
	}
}

static int parseStep(char *line, struct step *step)
{
	char *rest, *word = strtok_r(line, " \t\r\n", &rest);
	*step = (struct step){ 0 };
	for (size_t i = 0; i < NR_OPS; i++) {
		if (strcmp(OPS[i].name, word))
			continue;
		step->op = OPS[i].op;
		for (const char *what = OPS[i].operands; *what; what++) {
			word = strtok_r(NULL, " \t\r\n", &rest);
			if (!word || operand(*what, word, step) < 0)
				return -1;
		}
		return strtok_r(NULL, " \t\r\n", &rest) ? -1 : 0;
	}
	return -1;
}

static int parseWatch(const char *line)
{
	int r, used;
	if (sscanf(line, "watch %d%n", &r, &used) < 1 || r < 0 || r >= NR_REGIONS)
		return -1;
	long page;
	for (line += used; sscanf(line, "%ld%n", &page, &used) == 1; line += used)
		if (program.watch[r].nr < NR_WATCHED)
			program.watch[r].page[program.watch[r].nr++] = page;
	return 0;
}

static int isMode(const char *mode, int ofSize)
{
	return !strcmp(mode, "always") || !strcmp(mode, "madvise") || !strcmp(mode, "never") || (ofSize && !strcmp(mode, "inherit"));
}

/* mthp SIZE MODE; the sizes are 16k, 32k, ... */
static int parseFolios(const char *line)
{
	int kb, at = 0;
	char mode[16];
	if (sscanf(line, "mthp %dk %15s", &kb, mode) != 2 || !isMode(mode, 1))
		return -1;
	while (at < NR_FOLIO_SIZES && kb != 16 << at)
		at++;
	if (at == NR_FOLIO_SIZES)
		return -1;
	memcpy(program.folios[at], mode, sizeof mode);
	return 0;
}

int readProgram(FILE *in)
{
	static char line[4096];
	int nr = 0;
	memset(&program, 0, offsetof(struct program, steps));
	while (fgets(line, sizeof line, in)) {
		char first[16] = "";
		char whole[80];
		snprintf(whole, sizeof whole, "%.*s", (int)strcspn(line, "\n"), line);
		if (sscanf(line, "%15s", first) < 1 || first[0] == '#')
			continue;
		if (!strcmp(first, "prog")) {
			nr = sscanf(line, "prog %63s", program.id);
			program.pool = POOL;
		} else if (!strcmp(first, "pool") && sscanf(line, "pool %d", &program.pool) == 1) {
			continue;
		} else if (!strcmp(first, "thp") && sscanf(line, "thp %15s", program.thp) == 1 && isMode(program.thp, 0)) {
			continue;
		} else if (!strcmp(first, "mthp") && parseFolios(line) == 0) {
			continue;
		} else if (!strcmp(first, "end")) {
			return 1;
		} else if (nr < 1 || program.nrSteps == NR_STEPS || (strcmp(first, "watch") ? parseStep(line, &program.steps[program.nrSteps++]) : parseWatch(line)) < 0) {
			fprintf(stderr, "agent: program %s: no such step: %s\n", program.id, whole);
			_exit(2);
		}
	}
	return 0;
}
