import type { ListParameters } from '../config/list-config.ts';
import { canonicalAddress } from '../mime/address.ts';
import type { Inclusion } from '../store/inclusions.ts';
import type { Repositories } from '../store/store.ts';
import { type List, listOf } from './list.ts';

type OwnerParagraph = ListParameters['owner'][number];
type EditorParagraph = ListParameters['editor'][number];

/** Tells whether owners or editors of a list come from data sources. */
export function includesPeople({ config }: List): boolean {
  return config.owner_include.length > 0 || config.editor_include.length > 0;
}

/** Reads the owners and editors that data sources name: of one list, or of all. */
export async function includedRows(
  { inclusions }: Pick<Repositories, 'inclusions'>,
  list?: string,
): Promise<readonly Inclusion[]> {
  return [...(await inclusions.ofRole('owner', list)), ...(await inclusions.ofRole('editor', list))];
}

/**
 * Gives a list with the owners and editors whom its data sources name, as though they stood in its `config`. Whoever does
 * stand there is as it says there.
 *
 * @param rows of this list and perhaps of others
 */
export function withIncluded(list: List, rows: readonly Inclusion[]): List {
  const { name, robot, config, error } = list;
  const of = (role: Inclusion['role'], named: readonly { readonly email: string }[]) => {
    const known = new Set(named.map(({ email }) => canonicalAddress(email)));
    return rows.filter((row) => {
      if (row.list !== list.address || row.role !== role || known.has(row.address)) return false;
      known.add(row.address);
      return true;
    });
  };
  const owner = config.owner_include.length > 0 ? of('owner', config.owner).map(ownerOf) : [];
  const editor = config.editor_include.length > 0 ? of('editor', config.editor).map(editorOf) : [];
  if (owner.length + editor.length === 0) return list;
  const whole = { ...config, owner: [...config.owner, ...owner], editor: [...config.editor, ...editor] };
  return listOf(name, robot, whole, error);
}

function ownerOf(row: Inclusion): OwnerParagraph {
  const { profile } = optionsOf(row);
  return { ...editorOf(row), profile: profile === 'privileged' ? 'privileged' : 'normal' };
}

function editorOf(row: Inclusion): EditorParagraph {
  const { reception, visibility } = optionsOf(row);
  return {
    email: row.address,
    gecos: row.gecos ?? undefined,
    reception: reception === 'nomail' ? 'nomail' : 'mail',
    visibility: visibility === 'conceal' ? 'conceal' : 'noconceal',
    info: undefined,
    subscribed: '0',
    included: '1',
    id: row.source,
    date: undefined,
    update_date: undefined,
    inclusion: undefined,
    inclusion_ext: undefined,
  };
}

function optionsOf({ options }: Inclusion): Readonly<Record<string, unknown>> {
  return options === null ? {} : (JSON.parse(options) as Readonly<Record<string, unknown>>);
}
