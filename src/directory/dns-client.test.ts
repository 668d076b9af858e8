import { expect, it } from 'vitest';
import { askResolver } from './dns-client.ts';
import { wireNameOf } from './dns-name.ts';

it('a resolver that there is no route to is an error like another, and ends nothing else', async () => {
  // A datagram socket cannot be connected to the broadcast address, as to no host where the network is gone.
  const resolver = { host: '255.255.255.255', port: 53, totalMs: 400 };
  const question = { name: wireNameOf('example.org')!, type: 53 };
  await expect(askResolver(resolver, question)).rejects.toMatchObject({ code: 'resolver-unreachable' });
});
