/**
 * What the editor needs to know of a scenario file without running it: its title, its sources, and which functions its
 * threads name. Pure: tests run it outside VS Code.
 */
export interface ScenarioOutline {
  readonly title: string;
  readonly sources: readonly string[];
  readonly threads: readonly { readonly name: string; readonly line: number; readonly names: readonly string[] }[];
}

/** Comments become spaces, string and character literals stay; positions stay true. */
function withoutComments(text: string): string {
  return text.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*/g, m =>
    m.startsWith('/') ? m.replace(/[^\n]/g, ' ') : m,
  );
}

const STRING = /"((?:\\.|[^"\\\n])*)"/g;

/** Index just past the bracket that closes the one at `open`; the end of the text when it is never closed. */
function closing(text: string, open: number, opens: string, closes: string): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"' || c === "'") {
      for (i++; i < text.length && text[i] !== c && text[i] !== '\n'; i++) if (text[i] === '\\') i++;
    } else if (c === opens) depth++;
    else if (c === closes && --depth === 0) return i + 1;
  }
  return text.length;
}

function strings(text: string): string[] {
  return [...text.matchAll(STRING)].map(m => m[1]!);
}

/** Reads the outline of a scenario; a file without SCENARIO("…") is none. Never throws: a half-written file is usual. */
export function scenarioOutline(text: string): ScenarioOutline | undefined {
  const code = withoutComments(text);
  const heading = /\bSCENARIO\s*\(/.exec(code);
  if (!heading) return undefined;
  const open = heading.index + heading[0].length - 1;
  const title = strings(code.slice(open, closing(code, open, '(', ')'))).join('');

  const sources: string[] = [];
  for (const m of code.matchAll(/\bSOURCES\s*\(/g)) {
    const from = m.index + m[0].length - 1;
    sources.push(...strings(code.slice(from, closing(code, from, '(', ')'))));
  }

  const bodies: { name: string; line: number; body: string }[] = [];
  let rest = '';
  let at = 0;
  for (const m of code.matchAll(
    /\b(?:SETUP|FINALLY|THREAD\s*\(\s*(\w+)[^)]*\)|INVARIANT\s*\((?:"(?:\\.|[^"\\\n])*"|[^")])*\))\s*\{/g,
  )) {
    if (m.index < at) continue;
    const from = m.index + m[0].length - 1;
    const end = closing(code, from, '{', '}');
    rest += `${code.slice(at, m.index)};`;
    at = end;
    if (m[1]) bodies.push({ name: m[1], line: code.slice(0, m.index).split('\n').length, body: code.slice(from, end) });
  }
  rest += code.slice(at);
  // A helper function of the scenario may stand between a thread and the kernel: threads get the names outside of all
  // blocks as well.
  const helpers = identifiers(rest.replace(/^[ \t]*#.*$/gm, ' '));
  const threads = bodies.map(({ name, line, body }) => ({
    name,
    line,
    names: [...new Set([...identifiers(body), ...helpers])],
  }));
  return { title: title || 'untitled scenario', sources, threads };
}

/** Every identifier of a piece of C, once each, strings and comments left out. */
export function identifiers(code: string): string[] {
  const bare = withoutComments(code).replace(STRING, ' ');
  return [...new Set(bare.match(/\b[A-Za-z_]\w*\b/g) ?? [])];
}
