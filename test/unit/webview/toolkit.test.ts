import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../../webview/', import.meta.url);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(f => /\.(ts|css)$/.test(f));

describe('webview sources', () => {
  it('name the toolkit and its tags in one file only', () => {
    assert.ok(files.length > 15);
    const naming = files.filter(f => /(?<!-)\bvscode-[a-z]|webview-ui-toolkit/.test(source(f)));
    assert.deepEqual(naming, ['toolkit.ts']);
  });

  it('take every colour from the theme', () => {
    // In TypeScript a colour would stand in quotes; a bare # begins a private name there.
    const css = /#(?:[0-9a-f]{3,4}){1,2}\b|\b(?:rgb|hsl)a?\(/i;
    const script = /['"`]#(?:[0-9a-f]{3,4}){1,2}['"`]|\b(?:rgb|hsl)a?\(/i;
    assert.ok(css.test('color: #fff;') && script.test("'#1f1f1f'"));
    for (const f of files) assert.doesNotMatch(source(f), f.endsWith('.css') ? css : script, f);
  });

  it('make text nodes, never markup', () => {
    for (const f of files) assert.doesNotMatch(source(f), /innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
  });
});

function source(file: string): string {
  return readFileSync(new URL(file, root), 'utf8');
}
