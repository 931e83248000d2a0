/* Prints what a range of kernel addresses is mapped by: a line for each run of entries that look alike. */
#include <linux/pgtable.h>
#include <linux/seq_file.h>

struct dump {
	struct seq_file *m;
	/* The run that is being collected. */
	unsigned long start;
	u64 bits;
	const char *level;
};

static void print_size(struct seq_file *m, unsigned long bytes)
{
	static const char units[] = "KMGT";
	const char *unit = units;
	unsigned long size = bytes >> 10;

	while (size && !(size & 1023) && unit[1]) {
		size >>= 10;
		unit++;
	}
	seq_printf(m, "%9lu%c ", size, *unit);
}

static void print_run(struct dump *d, unsigned long end)
{
	seq_printf(d->m, "0x%016lx-0x%016lx ", d->start, end);
	print_size(d->m, end - d->start);
	seq_printf(d->m, "%s %s %s %s\n", d->bits & _PAGE_RW ? "RW" : "ro", d->bits & _PAGE_PSE ? "PSE" : "   ",
		   d->bits & _PAGE_NX ? "NX" : "x ", d->level);
}

/* An entry that maps addr; one that looks like the run before goes on with it. */
static void note_entry(struct dump *d, unsigned long addr, u64 value, const char *level)
{
	u64 bits = value & ~PFN_BITS;

	if (d->level && (bits != d->bits || level != d->level))
		print_run(d, addr);
	else if (d->level)
		return;
	d->start = addr;
	d->bits = bits;
	d->level = level;
}

static void dump_ptes(struct dump *d, pmd_t *pmd, unsigned long addr)
{
	pte_t *pte = pte_of(pmd, addr);
	int i;

	for (i = 0; i < PTRS_PER_TABLE; i++)
		note_entry(d, addr + i * PAGE_SIZE, READ_ONCE(pte[i]).pte, "pte");
}

static void dump_pmds(struct dump *d, unsigned long start, unsigned long end)
{
	unsigned long addr;

	for (addr = start; addr < end; addr += PMD_SIZE) {
		pmd_t *pmd = pmd_of(addr);

		if (pmd_leaf(*pmd))
			note_entry(d, addr, pmd->pmd, "pmd");
		if (!pmd_none(*pmd) && !pmd_leaf(*pmd))
			dump_ptes(d, pmd, addr);
	}
}

void dump_kernel_tables(struct seq_file *m, unsigned long start, unsigned long end)
{
	struct dump d = { .m = m };

	mmap_read_lock(&init_mm);
	seq_printf(m, "---[ Vmemmap ]---\n");
	dump_pmds(&d, start, end);
	mmap_read_unlock(&init_mm);
	if (d.level)
		print_run(&d, end);
}
