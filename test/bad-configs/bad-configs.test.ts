import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { atPlace, ConfigError } from '../../src/config/error.ts';
import { parseListConfig } from '../../src/config/list-config.ts';
import { loadSite } from '../../src/config/site.ts';

const folder = import.meta.dirname;
const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** Reads the site or the list of a case. */
async function read(directory: string): Promise<unknown> {
  if (readdirSync(directory).includes('sympa.conf')) return loadSite(join(directory, 'sympa.conf'));
  return parseListConfig(readFileSync(join(directory, 'config'), 'utf8'), join(directory, 'config'));
}

/** Writes every fault, paths as they are inside the folder of the case. */
function format(error: ConfigError, directory: string): string {
  const lines = error.problems.flatMap(({ text, place, hint }) => [
    atPlace(text, place),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ]);
  return `${lines.join('\n')}\n`.replaceAll(`${directory}/`, '');
}

describe('a configuration that must fail', () => {
  it.each(cases.map(({ name }) => name))('fails for the right reason: %s', async (name) => {
    const directory = join(folder, name);
    const error = await read(directory).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(format(error as ConfigError, directory)).toBe(
      readFileSync(join(directory, 'expected-error'), 'utf8'),
    );
  });

  it('never shows a secret', () => {
    for (const { name } of cases)
      expect(readFileSync(join(folder, name, 'expected-error'), 'utf8')).not.toContain('hunter2');
  });
});
