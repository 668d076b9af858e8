import type { z } from 'zod';
import type { Robot } from '../config/site.ts';
import type { DeliveryParts } from '../delivery/delivery-parts.ts';
import type { List } from '../lists/list.ts';
import type { ScenarioFiles } from '../lists/scenario-files.ts';
import type { ModifierName } from '../scenario/vocabulary.ts';
import type { Repositories } from '../store/store.ts';
import type { ListFunction, RobotFunction } from './governed.ts';
import type { RequestReport } from './report.ts';
import type { Requester } from './requester.ts';

/** What requests work with. */
export interface RequestParts
  extends Pick<DeliveryParts, 'site' | 'store' | 'lists' | 'certificates' | 'keyring' | 'clock' | 'log'> {
  readonly scenarios: ScenarioFiles;
}

/** The work of one request: all that it changes, within one transaction; nothing but the database is awaited. */
export type Act = (tx: Repositories) => Promise<RequestReport>;

/** Where and for whom an operation is done. */
export interface Situation {
  readonly parts: RequestParts;
  readonly requester: Requester;
  readonly robot: Robot;
  /** What the scenario wants beside the act: `quiet`, `notify`. */
  readonly modifiers: readonly ModifierName[];
  /** The scenario wants that a listmaster looks at it first: action `listmaster`. */
  readonly forListmaster?: true;
}

/** The same, on a list. */
export interface ListSituation extends Situation {
  readonly list: List;
}

/** What each operation has. */
interface OperationBase<Args> {
  /** The word of the command. */
  readonly word: string;
  /** The arguments in the order of the command, a list first where there is one; `gecos` takes the rest of the line. */
  readonly order: readonly (keyof Args & string)[];
  readonly arguments: z.ZodType<Args>;
  /** The address that the request is about, where it is not that of the sender. */
  about?(args: Args): string | undefined;
  /** The sender confirms with a key unless something proved who it is; a scenario, where there is one, is asked then. */
  readonly needsProof?: true;
}

/** An operation on a list. */
export interface ListOperation<Args extends { readonly list: string }> extends OperationBase<Args> {
  readonly scope: 'list';
  /** The function whose scenario decides; `null` where the operation itself knows who may. */
  readonly governedBy: ListFunction | null;
  /** Works on lists that are not open, too. */
  readonly onClosedLists?: true;
  /**
   * Tells that nothing would change, before anybody is asked to confirm or approve.
   *
   * @returns what the person concerned is told; `undefined` where there is something to do
   */
  pointless?(args: Args, situation: ListSituation): Promise<RequestReport | undefined>;
  /** Makes ready what is to be done; files and directories are read here. */
  prepare(args: Args, situation: ListSituation): Promise<Act>;
}

/** An operation on the site or the domain. */
export interface SiteOperation<Args> extends OperationBase<Args> {
  readonly scope: 'site';
  readonly governedBy: RobotFunction | null;
  /** The address that somebody had until now, for scenarios. */
  currentEmail?(args: Args, requester: Requester): string;
  /**
   * Tells that nothing would change, before anybody is asked to confirm.
   *
   * @returns what the sender is told; `undefined` where there is something to do
   */
  pointless?(args: Args, situation: Situation): Promise<RequestReport | undefined>;
  prepare(args: Args, situation: Situation): Promise<Act>;
}

/** Makes an operation on a list; the types of its arguments come from their schema. */
export function listOperation<Args extends { readonly list: string }>(
  operation: Omit<ListOperation<Args>, 'scope'>,
): ListOperation<Args> {
  return { ...operation, scope: 'list' };
}

/** Makes an operation on the site. */
export function siteOperation<Args>(operation: Omit<SiteOperation<Args>, 'scope'>): SiteOperation<Args> {
  return { ...operation, scope: 'site' };
}
