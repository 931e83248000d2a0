/**
 * Names that every NameTable of an index begins with, so that a comparison of ids tells keywords, attributes and plain
 * names apart. The order is part of the cache's format.
 */
const CONTROL = ['if', 'while', 'for', 'switch', 'return', 'sizeof', 'do', 'else', 'case', 'goto', 'break', 'continue'];
const OPERATORS = ['defined', '_Generic', '_Alignof', '__alignof__', '__alignof', 'alignof', '__builtin_offsetof'];
const TYPE_OF = ['typeof', '__typeof__', '__typeof', '__auto_type', '_Atomic'];

/** Words that may stand around a declarator without being part of a type or a name; with brackets or without. */
const ATTRIBUTES = [
  ...['__attribute__', '__attribute', '__aligned', '__section', '__printf', '__scanf', '__acquires', '__releases'],
  ...['__must_hold', '__cond_acquires', '__cond_lock', '__alloc_size', '__malloc', '__assume_aligned', '__declspec'],
  ...['__diag_ignore', '__nonstring', '__exception_text', '__acquires_shared', '__releases_shared', '__alias'],
  ...['__must_hold_shared', '__counted_by', '__free', '__cleanup', '__guarded_by', '__pt_guarded_by', '_Alignas'],
  ...['_Static_assert', 'static_assert', 'asm', '__asm__', '__asm', '__no_sanitize', '__latent_entropy', '__copy'],
  ...['__no_sanitize_address', '__no_sanitize_thread', '__no_sanitize_memory', '__no_kcsan', '__no_kasan_or_inline'],
  ...[
    '__init',
    '__exit',
    '__initdata',
    '__initconst',
    '__exitdata',
    '__devinit',
    '__meminit',
    '__meminitdata',
    '__ref',
  ],
  ...[
    '__refdata',
    '__cpuinit',
    '__net_init',
    '__net_exit',
    '__net_initdata',
    '__init_or_module',
    '__initdata_or_module',
  ],
  ...['__read_mostly', '__ro_after_init', '__lsm_ro_after_init', '__randomize_layout', '__no_randomize_layout'],
  ...['__designated_init', '__cacheline_aligned', '____cacheline_aligned', '____cacheline_aligned_in_smp'],
  ...['__cacheline_aligned_in_smp', '____cacheline_internodealigned_in_smp', '__packed', '__always_inline'],
  ...[
    '__user',
    '__iomem',
    '__percpu',
    '__rcu',
    '__force',
    '__kernel',
    '__bitwise',
    '__private',
    '__must_check',
    '__used',
  ],
  ...[
    '__maybe_unused',
    '__always_unused',
    '__unused',
    '__deprecated',
    '__weak',
    '__visible',
    '__pure',
    '__attribute_const__',
  ],
  ...['__cold', '__hot', '__noreturn', '__sched', '__kprobes', '__lockfunc', '__cpuidle', 'noinline', '__noclone'],
  ...['noinline_for_stack', 'notrace', 'asmlinkage', 'fastcall', 'noinstr', '__flatten', '__malloc_like', '__compat'],
  ...[
    '__irq_entry',
    '__softirq_entry',
    '__exception_irq_entry',
    '__page_aligned_data',
    '__page_aligned_bss',
    '__naked',
  ],
  ...[
    'nokprobe_inline',
    '__signed_wrap',
    '__mb',
    '__restrict',
    '__restrict__',
    'restrict',
    'register',
    '__extension__',
  ],
  ...[
    '__hyp_data',
    '__hyp_text',
    '__gnu_inline',
    '__no_stack_protector',
    '__stackdepot',
    '__data_racy',
    '__no_profile',
  ],
];
const STORAGE = [
  'inline',
  '__inline',
  '__inline__',
  'const',
  'volatile',
  '__volatile__',
  '__const',
  'auto',
  '__thread',
];
/** Words of a type that are surely no declarator's name. */
const BASIC = [
  'void',
  'char',
  'short',
  'int',
  'long',
  'float',
  'double',
  'signed',
  'unsigned',
  '_Bool',
  'bool',
  '__signed__',
];
const GROUPS = ['struct_group', 'struct_group_attr', 'struct_group_tagged', '__struct_group'];

export const RESERVED: readonly string[] = [
  ...CONTROL,
  ...OPERATORS,
  ...TYPE_OF,
  ...new Set(ATTRIBUTES),
  ...STORAGE,
  ...['static', 'extern', 'typedef', 'struct', 'union', 'enum'],
  ...BASIC,
  ...GROUPS,
];

const idOf = (word: string): number => RESERVED.indexOf(word) + 1;

export const Word = {
  /** The last id of a word that is a statement's or an operator's. */
  lastControl: CONTROL.length + OPERATORS.length,
  firstTypeOf: idOf(TYPE_OF[0]!),
  lastTypeOf: idOf(TYPE_OF.at(-1)!),
  /** Up to here all are no calls, even with a bracket after them. */
  lastAttribute: idOf('inline') - 1,
  lastStorage: idOf('static') - 1,
  static: idOf('static'),
  extern: idOf('extern'),
  typedef: idOf('typedef'),
  struct: idOf('struct'),
  union: idOf('union'),
  enum: idOf('enum'),
  firstBasic: idOf(BASIC[0]!),
  lastBasic: idOf(BASIC.at(-1)!),
  firstGroup: idOf(GROUPS[0]!),
  last: RESERVED.length,
} as const;
