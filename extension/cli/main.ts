import { Command } from 'commander';
import { InputError } from '../core/text/source.ts';
import { type ContractsOptions, contracts } from './contracts.ts';

/** Exit status: 0 nothing found, 1 findings, 2 could not run (with one line on standard error). */
async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('lockstep').description("who holds which lock when, by the kernel's own C");
  let output: Promise<string> | undefined;
  program
    .command('contracts')
    .description('lock contracts: what each function acquires, releases and requires, and whether it may sleep')
    .argument('<path...>', 'C files')
    .option('--function <name>', 'only this function')
    .option('--tree <dir>', 'the kernel tree (default: the one around the file)')
    .option('--json', 'the versioned document')
    .action((paths: string[], options: ContractsOptions) => {
      output = contracts(paths, options);
    });
  program.exitOverride();
  try {
    await program.parseAsync([...argv], { from: 'user' });
    if (output !== undefined) process.stdout.write(await output);
    return 0;
  } catch (error) {
    // commander has printed its own message; asking for help is no mistake.
    if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`lockstep: ${error.message}\n`);
    return 2;
  }
}

void main(process.argv.slice(2)).then(code => {
  process.exitCode = code;
});
