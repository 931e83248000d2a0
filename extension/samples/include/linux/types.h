/* What the other headers of the sample stand on. */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

#define NULL ((void *)0)

typedef _Bool bool;
typedef unsigned long u64;
typedef unsigned long size_t;
typedef unsigned int gfp_t;

#define true 1
#define false 0

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
void smp_wmb(void);

#define ENOMEM 12

struct list_head {
	struct list_head *next, *prev;
};

#endif
