/*
 * Two HugeTLB pages give their vmemmap back (HVO) while somebody reads /sys/kernel/debug/page_tables/kernel.
 *
 * The vmemmap area starts at 0xffffea0000000000 and is mapped by huge PMDs. One PMD maps 2 MiB of struct pages: those of
 * 64 HugeTLB pages of 2 MiB. Each HugeTLB page has 8 vmemmap pages, of which one is kept. Both remaps below fall into
 * the first PMD, so both want to split it.
 */
SCENARIO("two HVO remaps and a ptdump over one vmemmap PMD");
SOURCES("mm/hugetlb_vmemmap.c", "mm/ptdump.c", "mm/pagewalk.c", "arch/x86/mm/dump_pagetables.c",
	"arch/x86/mm/init_64.c", "mm/init-mm.c", "mm/memory_hotplug.c", "mm/pgtable-generic.c");

#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/seq_file.h>
#include <linux/ptdump.h>
#include <asm/pgalloc.h>
#include <asm/tlbflush.h>

/* Static in mm/hugetlb_vmemmap.c: a scenario may call what its sources keep to themselves. */
int vmemmap_remap_free(unsigned long start, unsigned long end, unsigned long reuse);
/* The initcall that gives ptdump's markers (---[ Vmemmap ]---) their addresses. */
int pt_dump_init(void);

/* What arch/x86/kernel/head_64.S defines in assembler: the top page table, and where the image lies in memory. */
pgd_t init_top_pgt[PTRS_PER_PGD];
unsigned long phys_base;

/* Huge PMDs at the start of the area: the split one begins a run of equal entries, or stands inside one. */
#define NR_PMDS		4
#define VMEMMAP_PAGES	8
/* The first of the two HugeTLB pages; 64 puts both into the second PMD of the area. */
#define HUGEPAGE	0

static struct seq_file dump_file;

static unsigned long vmemmap_of(int hugepage)
{
	return VMEMMAP_START + (unsigned long)hugepage * VMEMMAP_PAGES * PAGE_SIZE;
}

static void remap(int hugepage)
{
	unsigned long reuse = vmemmap_of(hugepage);

	vmemmap_remap_free(reuse + PAGE_SIZE, reuse + VMEMMAP_PAGES * PAGE_SIZE, reuse);
}

SETUP {
	pud_t *pud = (pud_t *)get_zeroed_page(GFP_KERNEL);
	pmd_t *pmd = (pmd_t *)get_zeroed_page(GFP_KERNEL);
	pgd_t *pgd = pgd_offset_k(VMEMMAP_START);
	int i;

	set_pgd(pgd, __pgd(_PAGE_TABLE | __pa(pud)));
	set_pud(pud + pud_index(VMEMMAP_START), __pud(_PAGE_TABLE | __pa(pmd)));
	for (i = 0; i < NR_PMDS; i++) {
		struct page *head = alloc_pages(GFP_KERNEL, PMD_SHIFT - PAGE_SHIFT);

		set_pmd(pmd + pmd_index(VMEMMAP_START) + i, pfn_pmd(page_to_pfn(head), PAGE_KERNEL_LARGE));
	}
	load_cr3(init_mm.pgd);
	pt_dump_init();
}

THREAD(remap0) {
	remap(HUGEPAGE);
}

THREAD(remap1) {
	remap(HUGEPAGE + 1);
}

THREAD(dump) {
	ptdump_walk_pgd_level_debugfs(&dump_file, &init_mm, false);
}

INVARIANT("the PMD has been split into a table") {
	CHECK(!pmd_leaf(*pmd_off_k(vmemmap_of(HUGEPAGE))));
}

/* Ranges are printed as 0xSTART-0xEND SIZE FLAGS LEVEL. */
INVARIANT("ptdump prints no empty range") {
	CHECK(!output_matches("^0x([0-9a-f]+)-0x\\1 "));
}

INVARIANT("each remapped page maps the page that its HugeTLB page kept, read-only") {
	int hugepage, i;

	for (hugepage = HUGEPAGE; hugepage < HUGEPAGE + 2; hugepage++) {
		unsigned long addr = vmemmap_of(hugepage);
		pte_t *pte = pte_offset_kernel(pmd_off_k(addr), addr);

		for (i = 1; i < VMEMMAP_PAGES; i++) {
			CHECK(pte_pfn(pte[i]) == pte_pfn(pte[0]));
			CHECK(!pte_write(pte[i]));
		}
	}
}

/* The vmemmap stays mapped all the time: who reads a PTE that is empty has read it too early. A range without flags is a hole. */
INVARIANT("ptdump prints no hole in a PTE table") {
	CHECK(!output_matches(" [0-9]+K +pte$"));
}
