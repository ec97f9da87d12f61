import { expect, it } from 'vitest';
import { HeldLog } from '../../../src/bucket/held-log.ts';
import { madeBlock } from '../../support/made-block.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

it('tells each once, again when the reason changes or after it had gone on', () => {
  const logger = new MemoryLogger();
  const log = new HeldLog(logger);
  const [heldBy, block] = [madeBlock('A', 0), madeBlock('B', 0)];
  const waits = { tenant: 't', block, heldBy, isGone: false };
  const told = (): string[] =>
    logger.records.splice(0).map(({ message, fields }) => {
      const isGone = message.includes('the next start cuts it again');
      return `${fields.tenant}: ${fields.block} for ${fields.held_by}${isGone ? ', gone' : ''}`;
    });
  log.tell([waits]);
  log.tell([waits]);
  expect(told()).toEqual(['t: B for A']);
  log.tell([{ ...waits, isGone: true }]);
  expect(told()).toEqual(['t: B for A, gone']);
  log.tell([]);
  log.tell([waits, { ...waits, block: madeBlock('C', 0) }]);
  expect(told()).toEqual(['t: B for A', 't: C for A']);
});
