import type { Finding } from '../../report/documents.ts';
import type { Access } from '../barriers/body.ts';
import type { Judged } from '../barriers/search.ts';
import { draft, related } from './draft.ts';

/** The barriers that nothing pairs with: each with a function that needs one and has none. Always of low confidence. */
export function unpairedBarriers(all: readonly Judged[]): Finding[] {
  return all.filter(({ verdict }) => verdict === 'unpaired').map(findingOf);
}

function findingOf({ site, other, files }: Judged): Finding {
  const { definition, barrier } = site;
  const [theirs] = other.unordered;
  const { pair, definition: there, first, second } = theirs!;
  const places = other.functions === 1 ? 'the one function' : `the ${other.functions} functions`;
  const looked = `none of ${places} in ${files === 1 ? '1 file' : `${files} files`} that ${other.functions === 1 ? 'does' : 'do'} so has one`;
  return draft(
    definition,
    'unpaired-barrier',
    barrier.at,
    'low',
    `${barrier.name}() keeps ${said(pair.first)} before ${said(pair.second)}; ${there.name}() has ${said(first)} before ${said(second)} ` +
      `with no barrier between, and ${other.functions === 1 ? 'no other function accesses both so' : looked}`,
    undefined,
    [
      related(definition.source, pair.first.at, `${said(pair.first)}, before the barrier`),
      related(definition.source, pair.second.at, `${said(pair.second)}, after it`),
      related(there.source, first.at, `${said(first)} in ${there.name}()`),
      related(there.source, second.at, `${said(second)}, which may be seen the other way round`),
    ],
  );
}

/** `the store to ring.data` */
function said({ read, write, holder, word }: Access): string {
  const what = read && write ? 'the update of' : write ? 'the store to' : 'the load of';
  const type = holder?.replace(/^(?:struct|union) /, '');
  return `${what} ${type ? `${type}.` : ''}${word}`;
}
