import type { Ptr, Running } from '../../machine/abi.ts';
import { hexAddress, VMEMMAP } from '../../machine/layout.ts';
import type { MachineThread } from '../../machine/thread.ts';
import { plain, visible } from '../define.ts';
import type { Primitive } from '../primitive.ts';
import { allocatePages, giveBackPages, livePages } from './pages.ts';

const PAGE_ALLOC = 'mm/page_alloc.c';
/** Bytes of a struct page, and of a struct folio's first page, on x86-64 (include/linux/mm_types.h). */
const STRUCT_PAGE = 64;

const pageOf = (pfn: number | undefined): Ptr => (pfn === undefined ? 0 : VMEMMAP + pfn * STRUCT_PAGE);

/** The last reference of a folio is gone (mm/swap.c): its block goes back, whatever its order is. */
function* putLast(k: MachineThread, folio: Ptr, line: number): Running<void> {
  const pfn = (folio - VMEMMAP) / STRUCT_PAGE;
  if (!Number.isInteger(pfn)) k.bug(`__folio_put: ${hexAddress(folio)} is no struct page`, line, folio);
  const block = livePages(k).find(b => b.pfn === pfn);
  // Of what is not out giveBackPages() says why: freed before, part of a block, never allocated.
  yield* giveBackPages(k, pfn, block ? Math.log2(block.count) : 0, '__folio_put', line);
}

/** Where folios and pages come from and end that C hands on to mm/page_alloc.c and mm/swap.c. */
export const folioPrimitives: readonly Primitive[] = [
  visible(
    'struct page *__alloc_pages(gfp_t gfp, unsigned int order, int preferred_nid, nodemask_t *nodemask)',
    PAGE_ALLOC,
    function* (k: MachineThread, gfp: number, order: number, _nid: number, _nodes: Ptr, line: number) {
      return pageOf(yield* allocatePages(k, gfp, order, '__alloc_pages', line));
    },
  ),
  visible('void __folio_put(struct folio *folio)', 'mm/swap.c', putLast),
  // How many pages a zone manages is bookkeeping that no page allocator here looks at.
  plain('void adjust_managed_page_count(struct page *page, long count)', PAGE_ALLOC, () => undefined),
];
