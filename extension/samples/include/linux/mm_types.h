#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

#include <linux/types.h>
#include <linux/spinlock.h>
#include <linux/rwsem.h>

typedef struct { u64 pte; } pte_t;
typedef struct { u64 pmd; } pmd_t;
typedef struct { u64 pud; } pud_t;
typedef struct { u64 pgd; } pgd_t;

/* 64 bytes, and the reference count where x86-64 has it: the page allocator sets it. */
struct page {
	unsigned long flags;
	struct list_head lru;
	unsigned long spare[3];
	int _mapcount;
	int _refcount;
	unsigned long more;
};

struct mm_struct {
	pgd_t *pgd;
	struct rw_semaphore mmap_lock;
	spinlock_t page_table_lock;
};

extern struct mm_struct init_mm;

#endif
