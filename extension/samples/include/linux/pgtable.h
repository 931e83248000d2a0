/* Four levels of x86-64 page tables: real entries, real addresses. */
#ifndef _LINUX_PGTABLE_H
#define _LINUX_PGTABLE_H

#include <linux/mm.h>

#define PMD_SHIFT	21
#define PUD_SHIFT	30
#define PGDIR_SHIFT	39
#define PMD_SIZE	(1UL << PMD_SHIFT)
#define PMD_MASK	(~(PMD_SIZE - 1))
#define PTRS_PER_TABLE	512

#define _PAGE_PRESENT	(1UL << 0)
#define _PAGE_RW	(1UL << 1)
#define _PAGE_ACCESSED	(1UL << 5)
#define _PAGE_DIRTY	(1UL << 6)
#define _PAGE_PSE	(1UL << 7)
#define _PAGE_GLOBAL	(1UL << 8)
#define _PAGE_NX	(1UL << 63)
#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)

#define PAGE_KERNEL_RO	(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_GLOBAL | _PAGE_NX)
#define PAGE_KERNEL	(PAGE_KERNEL_RO | _PAGE_RW)
#define PFN_BITS	0x000ffffffffff000UL

#define table_index(addr, shift)	(((addr) >> (shift)) & (PTRS_PER_TABLE - 1))
#define entry_pfn(value)		(((value) & PFN_BITS) >> PAGE_SHIFT)
#define make_entry(pfn, bits)		(((u64)(pfn) << PAGE_SHIFT) | (bits))

static inline bool pmd_none(pmd_t pmd)
{
	return !(pmd.pmd & _PAGE_PRESENT);
}

static inline bool pmd_leaf(pmd_t pmd)
{
	return (pmd.pmd & (_PAGE_PRESENT | _PAGE_PSE)) == (_PAGE_PRESENT | _PAGE_PSE);
}

static inline void set_pte(pte_t *ptep, u64 value)
{
	pte_t pte = { value };

	WRITE_ONCE(*ptep, pte);
}

static inline void set_pmd(pmd_t *pmdp, u64 value)
{
	pmd_t pmd = { value };

	WRITE_ONCE(*pmdp, pmd);
}

/* The PMD entry of a kernel address; the two tables above it never change once they are there. */
static inline pmd_t *pmd_of(unsigned long addr)
{
	pgd_t *pgd = init_mm.pgd + table_index(addr, PGDIR_SHIFT);
	pud_t *pud = (pud_t *)__va(pgd->pgd & PFN_BITS) + table_index(addr, PUD_SHIFT);

	return (pmd_t *)__va(pud->pud & PFN_BITS) + table_index(addr, PMD_SHIFT);
}

static inline pte_t *pte_of(pmd_t *pmd, unsigned long addr)
{
	return (pte_t *)__va(pmd->pmd & PFN_BITS) + table_index(addr, PAGE_SHIFT);
}

void load_cr3(pgd_t *pgd);
void flush_tlb_kernel_range(unsigned long start, unsigned long end);

#endif
