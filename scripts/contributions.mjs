// Writes what extension/editor/contributions.ts says into package.json. A unit test fails when the two differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { activationEvents, capabilities, contributes } = await tsImport(
  '../extension/editor/contributions.ts',
  import.meta.url,
);
const file = join(root, 'package.json');
const manifest = JSON.parse(readFileSync(file, 'utf8'));
manifest.activationEvents = activationEvents;
manifest.capabilities = capabilities;
manifest.contributes = contributes();
writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
