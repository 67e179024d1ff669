// SPDX-License-Identifier: MIT
/* What is seen from outside after a step, written as JSON. Only pages that are present are loaded, so nothing faults in. */
#include "shared.h"
#include "can.h"
#include "device.h"
#include "observe.h"
#include "steps.h"
#include <fcntl.h>
#include <stdarg.h>

static int kpagecount, kpageflags;
static char *line;
static size_t lineLength, lineRoom;

void clearLine(void)
{
	lineLength = 0;
}

void say(const char *format, ...)
{
	if (lineRoom - lineLength < 4096 && !(line = realloc(line, lineRoom += 1 << 20)))
		die("realloc");
	va_list list;
	va_start(list, format);
	lineLength += (size_t)vsnprintf(line + lineLength, 4096, format, list);
	va_end(list);
}

void tellLine(void)
{
	for (size_t told = 0; told < lineLength;) {
		ssize_t n = write(STDOUT_FILENO, line + told, lineLength - told);
		if (n < 0)
			_exit(0); /* nobody listens */
		told += (size_t)n;
	}
}

void openFrames(void)
{
	kpagecount = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
}

static uint64_t wordAt(int fd, uint64_t index, const char *what)
{
	uint64_t word = 0;
	ssize_t length = pread(fd, &word, sizeof word, (off_t)(index * sizeof word));
	if (length != sizeof word) {
		/* Of a pagemap: its process has no mm any more. */
		errno = length < 0 ? errno : ESRCH;
		die(what);
	}
	return word;
}

/* @kernel include/uapi/linux/kernel-page-flags.h, Documentation/admin-guide/mm/pagemap.rst */
enum { PM_SOFT_DIRTY = 55, PM_EXCLUSIVE = 56, PM_PROTECTED = 57, PM_FILE = 61, PM_PRESENT = 63 };
static const uint64_t PM_PFN = (1ull << 55) - 1;
/* E: PG_anon_exclusive is PG_mappedtodisk, later PG_owner_2, of an anonymous page, and has no bit of its own here. */
static const struct { int bit; char letter; } LETTERS[] = { { 12, 'A' }, { 34, 'E' }, { 22, 'T' }, { 17, 'H' }, { 15, 'h' }, { 16, 't' }, { 24, 'Z' }, { 21, 'K' } };

static void sayByte(int value)
{
	if (value < 0)
		say("null");
	else
		say("%d", value);
}

static void sayPage(uint64_t entry, int value)
{
	char letters[16];
	int nr = 0;
	if (entry >> PM_EXCLUSIVE & 1)
		letters[nr++] = 'x';
	if (entry >> PM_FILE & 1)
		letters[nr++] = 'f';
	if (entry >> PM_SOFT_DIRTY & 1)
		letters[nr++] = 's';
	if (entry >> PM_PROTECTED & 1)
		letters[nr++] = 'u';
	if (!can.frames) {
		say("[null,");
		sayByte(value);
		say(",null,\"%.*s\"]", nr, letters);
		return;
	}
	uint64_t pfn = entry & PM_PFN;
	uint64_t flags = wordAt(kpageflags, pfn, "/proc/kpageflags");
	for (size_t i = 0; i < sizeof LETTERS / sizeof *LETTERS; i++)
		if (flags >> LETTERS[i].bit & 1 && (LETTERS[i].letter != 'E' || flags >> 12 & 1))
			letters[nr++] = LETTERS[i].letter;
	say("[%llu,", (unsigned long long)pfn);
	sayByte(value);
	say(",%llu,\"%.*s\"]", (unsigned long long)wordAt(kpagecount, pfn, "/proc/kpagecount"), nr, letters);
}

/* A signal says that the mapping cannot be read. A page of which nobody says whether it is present is null. */
static void sayTask(int p)
{
	struct mailbox *box = &shared->box[p];
	uint64_t entries[NR_REGIONS][NR_WATCHED];
	int known = tasks[p].pagemap >= 0;
	box->step.op = OP_LOADS;
	box->nrLoads = 0;
	for (int r = 0; r < NR_REGIONS; r++) {
		for (int i = 0; i < program.watch[r].nr; i++) {
			uint64_t addr = address(r, program.watch[r].page[i]);
			entries[r][i] = known ? wordAt(tasks[p].pagemap, addr / PAGE, "pagemap") : 0;
			if (entries[r][i] >> PM_PRESENT & 1)
				box->addr[box->nrLoads++] = addr;
		}
	}
	if (box->nrLoads > 0 && ask(p) < 0)
		return;
	int at = 0, first = 1;
	for (int r = 0; r < NR_REGIONS; r++) {
		if (!program.watch[r].nr)
			continue;
		say("%s\"%d\":[", first ? "" : ",", r);
		first = 0;
		for (int i = 0; i < program.watch[r].nr; i++) {
			if (i)
				say(",");
			if (entries[r][i] >> PM_PRESENT & 1)
				sayPage(entries[r][i], box->loaded[at++]);
			else
				say(known ? "0" : "null");
		}
		say("]");
	}
}

static void sayDevices(void)
{
	const char *before = ",\"d\":{";
	for (int slot = 0; slot < NR_SLOTS; slot++) {
		if (!pins[slot].held)
			continue;
		long pages[NR_WATCHED];
		unsigned char bytes[NR_WATCHED];
		int nr = 0;
		for (int i = 0; i < program.watch[pins[slot].r].nr; i++)
			if (pinHolds(slot, program.watch[pins[slot].r].page[i]))
				pages[nr++] = program.watch[pins[slot].r].page[i];
		if (nr && deviceLoads(slot, pages, nr, bytes) < 0)
			failure = "a device cannot load";
		say("%s\"%d\":[", before, slot);
		for (int i = 0; i < nr; i++)
			say("%s[%ld,%d]", i ? "," : "", pages[i], bytes[i]);
		say("]");
		before = ",";
	}
	if (before[1])
		return;
	say("}");
}

static void sayPipes(void)
{
	static unsigned char bytes[256];
	const char *before = ",\"v\":{";
	for (int slot = 0; slot < NR_SLOTS; slot++) {
		if (!pipes[slot].held)
			continue;
		if (pipeLooks(slot, bytes) < 0)
			failure = "a pipe cannot be looked at";
		say("%s\"%d\":[", before, slot);
		for (long i = 0; i < pipes[slot].nr; i++)
			say("%s%d", i ? "," : "", bytes[i]);
		say("]");
		before = ",";
	}
	if (before[1])
		return;
	say("}");
}

void sayState(void)
{
	int first = 1;
	say("\"o\":{");
	for (int p = 0; p < NR_TASKS; p++) {
		if (!tasks[p].pid)
			continue;
		say("%s\"%d\":{", first ? "" : ",", p);
		sayTask(p);
		say("}");
		first = 0;
	}
	say("}");
	sayDevices();
	sayPipes();
}

/* The one look that faults. */
void sayFinalLoads(void)
{
	int first = 1;
	say("\"f\":{");
	for (int p = 0; p < NR_TASKS && !failure; p++) {
		if (!tasks[p].pid)
			continue;
		struct mailbox *box = &shared->box[p];
		box->step.op = OP_LOADS;
		box->nrLoads = 0;
		for (int r = 0; r < NR_REGIONS; r++)
			for (int i = 0; i < program.watch[r].nr; i++)
				box->addr[box->nrLoads++] = address(r, program.watch[r].page[i]);
		if (ask(p) < 0)
			return;
		say("%s\"%d\":{", first ? "" : ",", p);
		first = 0;
		int at = 0;
		const char *before = "";
		for (int r = 0; r < NR_REGIONS; r++) {
			if (!program.watch[r].nr)
				continue;
			say("%s\"%d\":[", before, r);
			before = ",";
			for (int i = 0; i < program.watch[r].nr; i++, at++) {
				say("%s", i ? "," : "");
				sayByte(box->loaded[at]);
			}
			say("]");
		}
		say("}");
	}
	say("},");
}
