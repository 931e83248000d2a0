import assert from 'node:assert/strict';
import { analyserOf } from '../../support/contracts.ts';

const HEAD = 'struct dev { spinlock_t lock; struct mutex m; wait_queue_head_t wait; int ready; };\n';

async function found(text: string): Promise<string[]> {
  const analyser = await analyserOf({ 'drivers/a.c': HEAD + text });
  const { findings } = await analyser.findings('drivers/a.c');
  return findings.map(f => `${f.kind} ${f.function} ${f.line - 1}`);
}

describe('contexts that the vocabulary knows of', () => {
  const uses = (head: string) => `void f(struct dev *d)
{
	${head}
	spin_lock(&d->lock);
	spin_unlock(&d->lock);
}
void g(struct dev *d)
{
	spin_lock_irq(&d->lock);
	spin_unlock_irq(&d->lock);
}
`;

  it('who asserts that interrupts are off may take a lock plainly', async () => {
    assert.deepEqual(await found(uses('d->ready = 1;')), ['irq-unsafe f 4']);
    for (const says of ['lockdep_assert_irqs_disabled();', 'lockdep_assert_in_irq();'])
      assert.deepEqual(await found(uses(says)), [], says);
    assert.deepEqual(await found(uses('lockdep_assert_irqs_enabled();')), ['irq-unsafe f 4']);
  });

  it('local_lock_irq() turns interrupts off, and nobody may sleep then', async () => {
    assert.deepEqual(
      await found('void f(void)\n{\n\tlocal_lock_irq(&pcp.lock);\n\tmsleep(1);\n\tlocal_unlock_irq(&pcp.lock);\n}\n'),
      ['sleep-in-atomic f 4'],
    );
  });

  it('wait_event_lock_irq() lets the lock go that it is given by name, and no other', async () => {
    const text = (lock: string) => `void f(struct dev *d, struct dev *e)
{
	spin_lock_irq(&d->lock);
	wait_event_lock_irq(d->wait, d->ready, ${lock});
	spin_unlock_irq(&d->lock);
}
`;
    assert.deepEqual(await found(text('d->lock')), []);
    assert.deepEqual(await found(text('e->lock')), ['sleep-in-atomic f 4']);
  });

  it('udelay() spins, msleep() does not; GFP_DMA alone never reclaims', async () => {
    const under = (call: string) =>
      `void f(struct dev *d)\n{\n\tspin_lock(&d->lock);\n\t${call};\n\tspin_unlock(&d->lock);\n}\n`;
    assert.deepEqual(await found(under('udelay(5)')), []);
    assert.deepEqual(await found(under('msleep(5)')), ['sleep-in-atomic f 4']);
    assert.deepEqual(await found(under('use(kmalloc(8, GFP_ATOMIC | GFP_DMA))')), []);
    assert.deepEqual(await found(under('use(kmalloc_noprof(8, GFP_KERNEL | GFP_DMA))')), ['gfp-in-atomic f 4']);
  });
});
