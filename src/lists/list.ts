import { join } from 'node:path';
import type { ConfigError } from '../config/error.ts';
import type { ListParameters } from '../config/list-config.ts';
import type { listStatuses } from '../config/list-parameters.ts';
import type { Robot } from '../config/site.ts';
import { canonicalAddress } from '../mime/address.ts';

/** Whether a list works: only an `open` one takes posts; `error_config` means that its `config` is faulty. */
export type ListStatus = (typeof listStatuses)[number];

/** A list as its folder describes it. */
export interface List {
  readonly name: string;
  readonly robot: Robot;
  /** `name@domain`. */
  readonly address: string;
  /** Its folder. */
  readonly directory: string;
  readonly config: ListParameters;
  /** Canonical addresses. */
  readonly owners: readonly string[];
  /** Canonical addresses; those of the owners when the list has no editors. */
  readonly editors: readonly string[];
  /** Owners who take mail to LIST-request: all of them when each set `reception nomail`. */
  readonly receptiveOwners: readonly string[];
  /** Editors who take mail to LIST-editor, by the same rule. */
  readonly receptiveEditors: readonly string[];
  readonly status: ListStatus;
  /** What is wrong with the `config`, with the status `error_config`; the other values are defaults then. */
  readonly error?: ConfigError;
}

/** Gives the `config` file of a list's folder. */
export function listConfigFile(directory: string): string {
  return join(directory, 'config');
}

/** Makes a list of its parameters. */
export function listOf(name: string, robot: Robot, config: ListParameters, error?: ConfigError): List {
  const owners = peopleOf(config.owner);
  const editors = config.editor.length > 0 ? peopleOf(config.editor) : owners;
  return {
    name,
    robot,
    address: `${name}@${robot.domain}`,
    directory: join(robot.explDir, name),
    config,
    owners: owners.all,
    editors: editors.all,
    receptiveOwners: owners.receptive,
    receptiveEditors: editors.receptive,
    status: error ? 'error_config' : config.status,
    ...(error && { error }),
  };
}

interface People {
  readonly all: readonly string[];
  readonly receptive: readonly string[];
}

function peopleOf(people: ListParameters['owner'] | ListParameters['editor']): People {
  const addressesOf = (some: readonly { readonly email: string }[]) => [
    ...new Set(some.map(({ email }) => canonicalAddress(email))),
  ];
  const all = addressesOf(people);
  const receptive = addressesOf(people.filter(({ reception }) => reception === 'mail'));
  return { all, receptive: receptive.length > 0 ? receptive : all };
}
