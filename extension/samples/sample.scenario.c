/*
 * Two huge pages give their vmemmap back while somebody reads the page tables. One PMD maps the struct pages of 64 huge
 * pages, so both remaps fall into the first PMD and both want to split it.
 */
SCENARIO("two vmemmap remaps and a dump over one PMD");
SOURCES("mm/vmemmap.c", "mm/dump.c", "mm/init-mm.c");

#include <linux/pgtable.h>
#include <linux/seq_file.h>

#define NR_PMDS		2
#define VMEMMAP_PAGES	8
#define HUGEPAGE	0

static struct seq_file dump_file;

static unsigned long vmemmap_of(int hugepage)
{
	return VMEMMAP_START + (unsigned long)hugepage * VMEMMAP_PAGES * PAGE_SIZE;
}

static void remap(int hugepage)
{
	unsigned long kept = vmemmap_of(hugepage);

	vmemmap_remap(kept + PAGE_SIZE, kept + VMEMMAP_PAGES * PAGE_SIZE, kept);
}

SETUP {
	unsigned long pud = get_zeroed_page(GFP_KERNEL);
	unsigned long pmd = get_zeroed_page(GFP_KERNEL);
	int i;

	init_mm.pgd[table_index(VMEMMAP_START, PGDIR_SHIFT)].pgd = (pud - PAGE_OFFSET) | _PAGE_TABLE;
	((pud_t *)pud)[table_index(VMEMMAP_START, PUD_SHIFT)].pud = (pmd - PAGE_OFFSET) | _PAGE_TABLE;
	for (i = 0; i < NR_PMDS; i++) {
		struct page *block = alloc_pages(GFP_KERNEL, PMD_SHIFT - PAGE_SHIFT);

		set_pmd((pmd_t *)pmd + i, make_entry(page_to_pfn(block), PAGE_KERNEL | _PAGE_PSE));
	}
	load_cr3(init_mm.pgd);
}

THREAD(remap0) {
	remap(HUGEPAGE);
}

THREAD(remap1) {
	remap(HUGEPAGE + 1);
}

THREAD(dump) {
	dump_kernel_tables(&dump_file, VMEMMAP_START, VMEMMAP_START + NR_PMDS * PMD_SIZE);
}

INVARIANT("the PMD has been split into a table") {
	CHECK(!pmd_leaf(*pmd_of(vmemmap_of(HUGEPAGE))));
}

INVARIANT("each remapped page maps the page that its huge page kept, read-only") {
	int hugepage, i;

	for (hugepage = HUGEPAGE; hugepage < HUGEPAGE + 2; hugepage++) {
		unsigned long addr = vmemmap_of(hugepage);
		pte_t *pte = pte_of(pmd_of(addr), addr);

		for (i = 1; i < VMEMMAP_PAGES; i++) {
			CHECK(entry_pfn(pte[i].pte) == entry_pfn(pte[0].pte));
			CHECK(!(pte[i].pte & _PAGE_RW));
		}
	}
}
