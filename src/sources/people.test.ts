import { describe, expect, it } from 'vitest';
import { PeopleCollector, readPersonLine } from './people.ts';

async function read(text: string) {
  const collector = new PeopleCollector();
  await collector.takeLines(text);
  const { people, faulty } = collector.answer();
  return { people: [...people], faulty };
}

describe('a file of addresses', () => {
  it('has one a line, perhaps with a name, and comments', async () => {
    const text =
      '# staff\r\nANN@Example.NET\r\n\r\n  bob@example.net   Bob  the Builder\n"Eve, E." <eve@example.net>';
    expect(await read(text)).toEqual({
      people: [
        ['ann@example.net', null],
        ['bob@example.net', 'Bob the Builder'],
        ['eve@example.net', 'Eve, E.'],
      ],
      faulty: 0,
    });
  });

  it('names each once, whatever the case', async () => {
    expect((await read('a@example.net Ann\nA@example.net\n')).people).toEqual([['a@example.net', 'Ann']]);
  });

  it.each([
    'no address',
    'a@',
    '@example.net',
    `${'x'.repeat(400)}@example.net`,
    'a@example.net, b@example.net',
    '"a\u0007b"@example.net',
  ])('counts what is no address: %j', async (line) => {
    expect(await read(line)).toEqual({ people: [], faulty: 1 });
  });
});

describe('a person of a database', () => {
  it('brings no line end into a header field', () => {
    const collector = new PeopleCollector();
    collector.take('a@example.net', 'Ann\r\nBcc: eve@example.net');
    collector.take('b@example.net\r\nBcc: eve@example.net');
    const { people, faulty } = collector.answer();
    expect([...people]).toEqual([['a@example.net', 'Ann Bcc: eve@example.net']]);
    expect(faulty).toBe(1);
  });
});

describe('readPersonLine', () => {
  it('gives nothing for a line without end', () => {
    expect(readPersonLine(`a@example.net ${'x'.repeat(3_000)}`)).toBeUndefined();
  });
});
