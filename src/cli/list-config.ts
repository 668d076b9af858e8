import { Command } from 'commander';
import { readConfigText } from '../config/config-text.ts';
import { ConfigError } from '../config/error.ts';
import { listSchema } from '../config/list-parameters.ts';
import { nearestName } from '../config/nearest-name.ts';
import { infoOf, type ParameterShape } from '../config/parameter.ts';
import { type List, listConfigFile } from '../lists/list.ts';
import { type CliIo, printJson } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

interface Options extends SiteOptions, JsonOptions {
  readonly unset?: boolean;
}

/** `ssympa list config NAME [KEY [VALUE]]` */
export function listConfigCommand(io: CliIo): Command {
  const command = new Command('config')
    .description('Prints the config of a list, prints one parameter with the value that holds, or sets it.')
    .argument('<list>', 'name, or name@domain')
    .argument('[key]', 'a parameter, or PARAGRAPH.NAME')
    .argument('[value]', 'its new value')
    .option('--unset', 'take the parameter out of the config');
  return withJson(withConf(command)).action(
    (name: string, key: string | undefined, value: string | undefined, options: Options) =>
      withOpenSite(io, options, async ({ lists }) => {
        const list = await lists.get(name);
        if (key === undefined) return printWhole(io, list, options);
        if (value === undefined && !options.unset) return printOne(io, list, key, options);
        await lists.setParameter(list, key, options.unset ? undefined : value);
      }),
  );
}

async function printWhole(io: CliIo, list: List, { json }: Options): Promise<void> {
  if (list.error) throw list.error;
  if (json) return printJson(io, withoutSecrets(listSchema.shape, list.config));
  io.stdout((await readConfigText(listConfigFile(list.directory))) ?? '');
}

function printOne(io: CliIo, list: List, key: string, { json }: Options): void {
  if (list.error) throw list.error;
  const [name = '', member] = key.split('.', 2);
  const schema = Object.entries(listSchema.shape).find(([one]) => one === name)?.[1];
  const known = schema && (member === undefined || Object.hasOwn(infoOf(schema).members ?? {}, member));
  if (!known) {
    const nearest = nearestName(key, Object.keys(listSchema.shape));
    const hint =
      nearest === undefined ? 'docs/reference/list-parameters.md names all' : `did you mean ${nearest}?`;
    throw new ConfigError('unknown-parameter', `unknown parameter ${key.slice(0, 100)}`, { hint });
  }
  const paragraph = withoutSecrets(listSchema.shape, list.config)[name];
  const value = member === undefined ? paragraph : (paragraph as Readonly<Record<string, unknown>>)[member];
  if (json) printJson(io, value ?? null);
  else if (value !== undefined) io.stdout(`${textOf(value)}\n`);
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What is printed may be seen and kept by more people than the file. */
function withoutSecrets(shape: ParameterShape, values: object): Readonly<Record<string, unknown>> {
  const shown = Object.entries(values).flatMap(([name, value]: [string, unknown]): [string, unknown][] => {
    const info = shape[name] && infoOf(shape[name]);
    if (info?.isSecret) return value === undefined ? [] : [[name, '***']];
    if (!info?.members) return [[name, value]];
    const clean = (one: unknown) => withoutSecrets(info.members!, one as object);
    return [[name, Array.isArray(value) ? value.map(clean) : clean(value)]];
  });
  return Object.fromEntries(shown);
}
