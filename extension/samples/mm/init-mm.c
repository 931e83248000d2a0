#include <linux/pgtable.h>

/* The top page table of the kernel. */
pgd_t swapper_pg_dir[PTRS_PER_TABLE];

struct mm_struct init_mm = {
	.pgd = swapper_pg_dir,
};
