import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { linkedAbort } from '../../../../src/base/runtime/linked-abort.ts';

describe('linkedAbort', () => {
  it('fires by itself, and when one of the others does, with its reason', () => {
    const own = linkedAbort(new AbortController().signal, undefined);
    own.abort('mine');
    expect(own.signal.reason).toBe('mine');
    const [one, other] = [new AbortController(), new AbortController()];
    const linked = linkedAbort(one.signal, other.signal);
    expect(linked.signal.aborted).toBe(false);
    other.abort('theirs');
    one.abort('late');
    expect(linked.signal.reason).toBe('theirs');
  });

  it('has fired at once when one of the others has', () => {
    const linked = linkedAbort(new AbortController().signal, AbortSignal.abort('before'));
    expect(linked.signal.reason).toBe('before');
  });

  it('hangs on no other signal when it is over', () => {
    const { signal } = new AbortController();
    const linked = linkedAbort(signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    linked.unlink();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
