/*
 * A huge page of 2 MiB has 512 struct pages: eight pages of them, of which seven say the same. Those seven are given back
 * and the addresses where they were are mapped to the one that is kept.
 */
#include <linux/pgtable.h>

/* Replaces a huge PMD by a table of PTEs that map the same memory the same way. */
static int split_vmemmap_pmd(pmd_t *pmd, unsigned long addr)
{
	unsigned long first;
	pte_t *table;
	int i;

	if (!pmd_leaf(*pmd))
		return 0;
	first = entry_pfn(pmd->pmd);

	table = (pte_t *)get_zeroed_page(GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_TABLE; i++)
		set_pte(table + i, make_entry(first + i, PAGE_KERNEL));

	split_page(pfn_to_page(first), PMD_SHIFT - PAGE_SHIFT);
	/* Whoever finds the table finds its entries. */
	smp_wmb();
	set_pmd(pmd, make_entry(((unsigned long)table - PAGE_OFFSET) >> PAGE_SHIFT, _PAGE_TABLE));
	flush_tlb_kernel_range(addr, addr + PMD_SIZE);
	return 0;
}

/* Maps [start, end) to the page at kept, read-only, and chains up the pages that were there. */
static struct page *remap_ptes(pmd_t *pmd, unsigned long start, unsigned long end, unsigned long kept)
{
	u64 shared = make_entry(entry_pfn(pte_of(pmd, kept)->pte), PAGE_KERNEL_RO);
	struct page *freed = NULL;
	unsigned long addr;

	for (addr = start; addr < end; addr += PAGE_SIZE) {
		pte_t *pte = pte_of(pmd, addr);
		struct page *page = pfn_to_page(entry_pfn(pte->pte));

		page->lru.next = (struct list_head *)freed;
		freed = page;
		set_pte(pte, shared);
	}
	flush_tlb_kernel_range(start, end);
	return freed;
}

/**
 * vmemmap_remap - give back the vmemmap pages of a huge page
 * @start: first address to remap
 * @end: end of the range, in the same PMD
 * @kept: address of the page that all of them map from now on
 */
int vmemmap_remap(unsigned long start, unsigned long end, unsigned long kept)
{
	pmd_t *pmd = pmd_of(start);
	struct page *freed;
	int err;

	mmap_write_lock(&init_mm);
	err = split_vmemmap_pmd(pmd, start & PMD_MASK);
	mmap_write_downgrade(&init_mm);
	freed = err ? NULL : remap_ptes(pmd, start, end, kept);
	mmap_read_unlock(&init_mm);

	while (freed) {
		struct page *next = (struct page *)freed->lru.next;

		__free_page(freed);
		freed = next;
	}
	return err;
}
