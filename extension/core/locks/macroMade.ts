import { Unit } from '../index/unit.ts';
import type { SourceTree } from '../text/source.ts';
import type { OptionValues } from './condition.ts';
import { type Definition, type Scanned, scan } from './scan.ts';
import { vocabularyOf } from './vocabulary.ts';

/**
 * Functions that no text defines: `PAGEFLAG(Reserved, reserved, PF_NO_COMPOUND)` makes PageReserved(). Their text is what
 * the macros expand to, put on the line of the invocation.
 */
export class MacroMade {
  private unit: Promise<Unit | undefined> | undefined;

  constructor(
    private readonly tree: SourceTree,
    private readonly root: Scanned,
    private readonly options: OptionValues | undefined,
  ) {}

  async definitions(name: string): Promise<readonly Definition[]> {
    this.unit ??= this.load();
    const unit = await this.unit;
    const item = unit?.find(name);
    if (!unit || item?.kind !== 'function') return [];
    const body = unit
      .tokens(item)
      .map(t => t.text)
      .join(' ');
    const text = `${'\n'.repeat(item.line - 1)}${body}\n`;
    return (scan(item.file, text, this.options).definitions.get(name) ?? []).filter(d => d.kind === 'function');
  }

  /** Nothing when the file cannot be read as a unit: then nothing is known of what its macros make. */
  private load(): Promise<Unit | undefined> {
    const { options } = this;
    const config = { label: '', value: (option: string) => options?.value(option) };
    return Unit.load(this.tree, this.root.file, {
      config,
      text: this.root.text,
      keep: name => vocabularyOf(name) !== undefined,
    }).catch(() => undefined);
  }
}
