import { join } from 'node:path';
import type { Robot, Site } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import type { TemplateValue } from '../templates/mail-templates.ts';

/** What every service mail of a list or domain has in common. */
export interface MailFrame {
  /** Where templates are looked for. */
  readonly folders: readonly string[];
  readonly variables: Readonly<Record<string, TemplateValue>>;
  /** LIST-request, or the listmaster. */
  readonly from: string;
  /** The address that takes commands. */
  readonly commands: string;
}

/** Gives the frame of mail about a list, or of a domain. */
export function mailFrame(site: Site, robot: Robot, list: List | undefined): MailFrame {
  const request = list ? `${list.name}-request@${robot.domain}` : null;
  const listmaster = `${robot.conf.listmaster_email}@${robot.domain}`;
  const folders = [...(list ? [list.directory] : []), robot.etcDir, site.etcDir, site.defaultsDir];
  return {
    folders: folders.map((folder) => join(folder, 'mail')),
    variables: {
      list: list && request ? { name: list.name, address: list.address, request } : null,
      domain: robot.domain,
      listmaster,
    },
    from: request ?? listmaster,
    commands: `${robot.conf.email}@${robot.domain}`,
  };
}
