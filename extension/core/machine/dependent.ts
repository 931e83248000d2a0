import type { Ptr } from './abi.ts';
import { type Dependencies, join, NONE } from './weak.ts';

/**
 * What a thread's values depend on: the part of a thread that programs use which track dependencies (translate/write/dependencies.ts).
 */
export class Dependent {
  readonly none = NONE;
  /** What the value depends on that was read or returned last. Dependencies are kept up by programs that track them. */
  dependsOn: Dependencies = NONE;
  /** What the flow of control depends on here. */
  control: Dependencies = NONE;
  /** What the next access's address, and the value that it writes, depend on. */
  addressFrom: Dependencies = NONE;
  dataFrom: Dependencies = NONE;
  /** In a loop that does nothing but read until what it reads is another. */
  spins = false;
  /** What is in memory that only this thread uses depends on. */
  private readonly beside = new Map<Ptr, Dependencies>();

  protected forgetDependencies(): void {
    this.dependsOn = this.control = this.addressFrom = this.dataFrom = NONE;
    this.spins = false;
    this.beside.clear();
  }

  protected besideOf(p: Ptr): Dependencies {
    return this.beside.get(p) ?? NONE;
  }

  protected forgetBeside(p: Ptr, size: number): void {
    if (this.beside.size > 0) for (const at of this.beside.keys()) if (at >= p && at < p + size) this.beside.delete(at);
  }

  protected moveBeside(to: Ptr, from: Ptr, size: number): void {
    if (this.beside.size > 0) for (let i = 0; i < size; i++) this.keepBeside(to + i, this.besideOf(from + i));
  }

  protected keepBeside(p: Ptr, reads: Dependencies): void {
    if (reads.length > 0) this.beside.set(p, reads);
    else if (this.beside.size > 0) this.beside.delete(p);
  }

  /** Tells what the access that follows depends on; gives the line. */
  given(line: number, address: Dependencies, data: Dependencies): number {
    this.addressFrom = address;
    this.dataFrom = data;
    this.dependsOn = join(address, data);
    return line;
  }

  join(...all: readonly Dependencies[]): Dependencies {
    return all.reduce(join);
  }

  /** A condition's value; what follows is decided by what that depends on. */
  branch<T>(value: T, reads: Dependencies): T {
    this.control = join(this.control, reads);
    return value;
  }

  /** A function's result, and what that depends on. */
  gives<T>(value: T, reads: Dependencies): T {
    this.dependsOn = reads;
    return value;
  }
}
