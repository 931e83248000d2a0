import stated from '../../../grammars/kconfig-x86_64.json' with { type: 'json' };

/** What decides #if: the values of CONFIG_ options. */
export interface KernelConfig {
  /** For people: "x86-64 default", or the .config's path. */
  readonly label: string;
  /** `y`, `m`, a number or string as .config has it; undefined when not set. Named without CONFIG_. */
  value(option: string): string | undefined;
  /** It is a default, not what somebody has chosen: options that it does not name may be on as well as off. */
  readonly isAssumed?: boolean;
}

function configOf(label: string, options: ReadonlyMap<string, string>): KernelConfig {
  return { label, value: option => options.get(option) };
}

/** The configuration that is assumed when a tree has no .config: grammars/kconfig-x86_64.json, which says why. */
export const defaultConfig: KernelConfig = {
  ...configOf(stated.label, new Map(Object.entries(stated.options))),
  isAssumed: true,
};

/** Macros that generated headers or boot would give, by name; grammars/kconfig-x86_64.json says why each. */
export const statedConstants: Readonly<Record<string, string>> = Object.fromEntries(
  stated.constants.map(c => [c.name, c.value]),
);

/** Reads a tree's .config (Documentation/kbuild/kconfig-language.rst): CONFIG_X=y, =m, ="text", =number. */
export function configFromText(text: string, label: string): KernelConfig {
  const options = new Map<string, string>();
  for (const m of text.matchAll(/^CONFIG_(\w+)=(.*?)\r?$/gm)) options.set(m[1]!, m[2]!);
  return configOf(label, options);
}
