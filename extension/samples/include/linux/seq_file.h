#ifndef _LINUX_SEQ_FILE_H
#define _LINUX_SEQ_FILE_H

struct seq_file {
	char *buf;
};

void seq_printf(struct seq_file *m, const char *fmt, ...);

void dump_kernel_tables(struct seq_file *m, unsigned long start, unsigned long end);

#endif
