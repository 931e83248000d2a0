import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { activationEvents, Command, capabilities, contributes } from '../../../extension/editor/contributions.ts';

const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as Record<
  string,
  unknown
>;

describe('manifest of the extension', () => {
  it('says what contributions.ts says (node scripts/contributions.mjs writes it)', () => {
    assert.deepEqual(manifest['contributes'], JSON.parse(JSON.stringify(contributes())));
    assert.deepEqual(manifest['activationEvents'], activationEvents);
    assert.deepEqual(manifest['capabilities'], capabilities);
  });

  it('has every command once, under one category, and hides what takes an argument', () => {
    const { commands, menus, submenus } = contributes();
    assert.deepEqual(commands.map(c => c.command).sort(), Object.values(Command).sort());
    assert.deepEqual([...new Set(commands.map(c => c.category))], ['Lockstep']);
    assert.equal(menus.commandPalette.find(m => m.command === Command.reveal)?.when, 'false');
    const known = new Set<string>(commands.map(c => c.command));
    const entries: { command?: string; submenu?: string }[] = Object.values(menus).flat();
    for (const { command, submenu } of entries)
      assert.ok(command ? known.has(command) : Object.keys(menus).includes(submenu ?? ''), command ?? submenu);
    assert.deepEqual(
      submenus.map(s => s.id),
      entries.flatMap(e => e.submenu ?? []),
    );
  });

  it('keeps every setting under one prefix, described, with its default', () => {
    for (const [name, setting] of Object.entries(contributes().configuration.properties)) {
      assert.match(name, /^lockstep\./);
      assert.ok(setting.markdownDescription.endsWith('.'), name);
      assert.notEqual(setting.default, undefined, name);
    }
  });
});
