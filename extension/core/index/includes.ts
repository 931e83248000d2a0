import type { SourceTree } from '../text/source.ts';

/** Where an #include may be, best first: the paths of x86-64's Kbuild (LINUXINCLUDE), relative to the tree's root. */
export function includeCandidates(name: string, from: string, quoted: boolean): string[] {
  const out: string[] = [];
  const folder = from.includes('/') ? from.slice(0, from.lastIndexOf('/') + 1) : '';
  if (quoted) out.push(folder + name);
  out.push(`arch/x86/include/${name}`, `include/${name}`, `arch/x86/include/uapi/${name}`, `include/uapi/${name}`);
  // Kbuild writes asm/x.h as #include <asm-generic/x.h> for what the architecture leaves out (generic-y).
  if (name.startsWith('asm/'))
    out.push(`include/asm-generic/${name.slice(4)}`, `include/uapi/asm-generic/${name.slice(4)}`);
  if (!quoted) out.push(folder + name);
  return [...new Set(out.map(tidy).filter((p): p is string => p !== undefined))];
}

/** `a/../b` → `b`; undefined when it leaves the tree. */
function tidy(path: string): string | undefined {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** The first candidate that the tree has. */
export async function findInclude(
  tree: SourceTree,
  candidates: readonly string[],
): Promise<{ path: string; bytes: Uint8Array } | undefined> {
  for (const path of candidates) {
    const bytes = await tree.read(path);
    if (bytes) return { path, bytes };
  }
  return undefined;
}
