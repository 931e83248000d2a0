import { Unit } from '../index/unit.ts';
import type { SourceTree } from '../text/source.ts';
import type { OptionValues } from './condition.ts';
import { type Definition, type Scanned, scan } from './scan.ts';
import { Need } from './sources.ts';
import { vocabularyOf } from './vocabulary.ts';

/**
 * Functions that no text defines: `PAGEFLAG(Reserved, reserved, PF_NO_COMPOUND)` makes PageReserved(). Their text is what
 * the macros expand to, put on the line of the invocation.
 */
export class MacroMade {
  private unit: Unit | undefined;
  private tried = false;
  private loading: Promise<void> | undefined;
  private readonly found = new Map<string, readonly Definition[]>();

  constructor(
    private readonly tree: SourceTree,
    private readonly root: Scanned,
    private readonly options: OptionValues | undefined,
  ) {}

  /** Throws Need. */
  definitions(name: string): readonly Definition[] {
    if (!this.tried) throw new Need(() => (this.loading ??= this.load()));
    let found = this.found.get(name);
    if (!found) this.found.set(name, (found = this.make(name)));
    return found;
  }

  private make(name: string): readonly Definition[] {
    const item = this.unit?.find(name);
    if (!this.unit || item?.kind !== 'function') return [];
    const body = this.unit
      .tokens(item)
      .map(t => t.text)
      .join(' ');
    const text = `${'\n'.repeat(item.line - 1)}${body}\n`;
    return (scan(item.file, text, this.options).definitions.get(name) ?? []).filter(d => d.kind === 'function');
  }

  /** Nothing when the file cannot be read as a unit: then nothing is known of what its macros make. */
  private async load(): Promise<void> {
    const { options } = this;
    const config = { label: '', value: (option: string) => options?.value(option) };
    this.unit = await Unit.load(this.tree, this.root.file, {
      config,
      text: this.root.text,
      keep: name => vocabularyOf(name) !== undefined,
    }).catch(() => undefined);
    this.tried = true;
  }
}
