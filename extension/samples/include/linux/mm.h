#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/mm_types.h>
#include <linux/mmap_lock.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)

#define GFP_KERNEL	((gfp_t)0xcc0)

/* Where x86-64 maps all memory, and where it keeps its array of struct page. */
#define PAGE_OFFSET	0xffff888000000000UL
#define VMEMMAP_START	0xffffea0000000000UL
#define vmemmap		((struct page *)VMEMMAP_START)

#define pfn_to_page(pfn)	(vmemmap + (pfn))
#define page_to_pfn(page)	((unsigned long)((page) - vmemmap))
#define __va(pa)		((void *)((unsigned long)(pa) + PAGE_OFFSET))

struct page *alloc_pages(gfp_t gfp, unsigned int order);
unsigned long get_zeroed_page(gfp_t gfp);
void free_page(unsigned long addr);
void __free_page(struct page *page);
void split_page(struct page *page, unsigned int order);

int vmemmap_remap(unsigned long start, unsigned long end, unsigned long kept);

#endif
