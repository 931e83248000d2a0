/** C written for the tests in the kernel's idioms, none of it from the kernel. */
export const samples: Readonly<Record<string, string>> = {
  plain: 'struct pair { int a, b; };\n\nstatic int sum(const struct pair *p)\n{\n\treturn p->a + p->b;\n}\n',
  attributes: `static __always_inline int __must_check first(struct page __iomem *page __maybe_unused)
	__must_hold(&page->lock) __releases(rcu)
{
	return 0;
}
static const char names[] __initconst = "é — \u{1F642}";
`,
  loops: `static void visit(struct list *head)
{
	struct item *item;

	list_for_each_entry(item, &head->items, node)
		touch(item);
	for_each_cpu(cpu, mask) {
		if (cpu)
			continue;
	}
	scoped_guard(mutex, &head->lock) {
		item->count++;
	}
}
`,
  types: `static int types(void *p)
{
	struct page *page = container_of(p, struct page, lru);
	size_t at = offsetof(struct page, a.b[2]);
	u64 *bits = kcalloc(2, sizeof(u64), GFP_KERNEL), n = va_arg(args, unsigned long);
	return min_t(unsigned int, at, n) + __alignof__(struct page);
}
`,
  conditionals: `int pick(int a)
{
	if (a
#ifdef CONFIG_A
	    && b
#else
	    && c
#endif
	   )
		return 1;
#if IS_ENABLED(CONFIG_B) && defined(CONFIG_C)
	work();
#endif
	return 0;
}
#ifdef CONFIG_D
int only_d(void)
{
	return 2;
}
#endif
`,
  macros: `MODULE_LICENSE("GPL")
static DEFINE_SPINLOCK(table_lock);
DEFINE_PER_CPU(int, counter) = 3;

SYSCALL_DEFINE2(frob, int, fd, const char __user *, name)
{
	asm volatile("nop" : : "r" (fd) : "memory");
	return fd;
}
`,
  broken: 'int a(void)\n{\n\treturn (1;\n}\n',
};
