import type { Robot } from '../config/site.ts';
import { mailFrame } from '../delivery/mail-frame.ts';
import type { List } from '../lists/list.ts';
import type { TemplateValue } from '../templates/mail-templates.ts';
import { type PreparedMail, prepareMail, type RenderedMail } from '../templates/render-mail.ts';
import { renderPhrase } from '../templates/render-text.ts';
import type { RequestParts } from './operation.ts';
import type { RequestReport } from './report.ts';

/** One command and what came of it. */
export interface ReportEntry {
  /** As it was understood, keys left out; empty where the message as a whole is meant. */
  readonly command: string;
  readonly report: RequestReport;
}

/** Where a report comes from and in which language. */
export interface ReportFrame {
  readonly robot: Robot;
  readonly list: List | undefined;
  readonly lang: string;
}

/** Makes reports; everything that it reads was read before, so that it fits into a transaction. */
export interface ReportWriter {
  write(
    entries: readonly ReportEntry[],
    to: string,
    thread: { readonly inReplyTo: string | null; readonly atMs: number },
  ): RenderedMail;
  /** Says in clear that the report could not be encrypted, and nothing else. */
  withheld(to: string, thread: { readonly inReplyTo: string | null; readonly atMs: number }): RenderedMail;
}

/** Reads what a report in one language is made from. */
export async function prepareReports(
  { robot, list, lang }: ReportFrame,
  { site }: Pick<RequestParts, 'site'>,
): Promise<ReportWriter> {
  const { folders, variables, commands: from } = mailFrame(site, robot, list);
  const mail = await prepareMail('command-report', lang, folders);
  const withheld = await prepareMail('command-report-withheld', lang, folders);
  // A report that comes back to where it was made from ends there.
  const moreFields = [from, ...(list ? [list.address] : [])].map((address) => ['X-Loop', address] as const);
  return {
    write: (entries, to, thread) =>
      mail.render({
        variables: { ...variables, entries: entries.map((entry) => shownEntry(entry, mail)) },
        from,
        to: [to],
        moreFields,
        ...thread,
      }),
    withheld: (to, thread) => withheld.render({ variables, from, to: [to], moreFields, ...thread }),
  };
}

/** Gives an entry as the template shows it. */
function shownEntry({ command, report }: ReportEntry, mail: PreparedMail): TemplateValue {
  return {
    command,
    status: report.status,
    text: textOfReport(report, mail),
    answer: report.answer ?? [],
  };
}

/** Puts what came of a request into words of the reader's language. */
export function textOfReport(report: RequestReport, { catalogue }: Pick<PreparedMail, 'catalogue'>): string {
  if (report.code === 'scenario-rejects' && report.reason !== undefined && report.reason !== 'default')
    return catalogue.text('reasons', report.reason);
  const source = catalogue.text('reports', report.code);
  return renderPhrase(source, report.values ?? {}, catalogue, `reports.${report.code}`);
}
