import { expect, it } from 'vitest';
import { describeOnEngines } from '../../test/kit/engines.ts';

describeOnEngines('a store', (kit) => {
  it('opens', async () => {
    const store = await kit.open();
    expect((await store.describe()).engine).toBe(kit.engine);
  });
});
