import { join } from 'node:path';
import type { Robot } from '../config/site.ts';
import { mailFrame } from '../delivery/mail-frame.ts';
import { withParts } from '../delivery/own-mail.ts';
import { type OwnVoice, reportVoiceOf } from '../delivery/own-voice.ts';
import type { List } from '../lists/list.ts';
import { certsOnlyEntity } from '../smime/sign-entity.ts';
import { type Catalogue, loadCatalogue } from '../templates/catalogue.ts';
import { TemplateError } from '../templates/error.ts';
import type { TemplateValue } from '../templates/mail-templates.ts';
import { prepareMail } from '../templates/render-mail.ts';
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
  /** Who speaks in them. */
  readonly voice: OwnVoice;
  /** The certificates that an entry brings are attached, all in one part. */
  write(
    entries: readonly ReportEntry[],
    to: string,
    thread: { readonly inReplyTo: string | null; readonly atMs: number },
  ): UnsignedMail;
  /** Says in clear that the report could not be encrypted, and nothing else. */
  withheld(to: string, thread: { readonly inReplyTo: string | null; readonly atMs: number }): UnsignedMail;
}

/** A message of ours before it is signed or sealed. */
interface UnsignedMail {
  readonly raw: Uint8Array;
}

/** Reads what a report in one language is made from. */
export async function prepareReports(
  { robot, list, lang }: ReportFrame,
  parts: Pick<RequestParts, 'site' | 'keyring' | 'clock' | 'log'>,
): Promise<ReportWriter> {
  const { folders, variables, commands } = mailFrame(parts.site, robot, list);
  const voice = await reportVoiceOf(robot, list, parts);
  const { from, replyTo } = voice;
  const addressed = { from, ...(replyTo !== from && { replyTo }) };
  const mail = await prepareMail('command-report', lang, folders);
  const withheld = await prepareMail('command-report-withheld', lang, folders);
  // A report that comes back to where it was made from ends there.
  const moreFields = [commands, ...(list ? [list.address] : [])].map(
    (address) => ['X-Loop', address] as const,
  );
  const shipped = await loadCatalogue([join(parts.site.defaultsDir, 'locales')], lang);
  const warn = ({ code }: TemplateError) =>
    parts.log.warn('template not usable', { template: 'command-report', code, site: parts.site.file });
  const texts = { nearest: mail.catalogue, shipped, warn };
  return {
    voice,
    write: (entries, to, thread) => {
      const shown = { ...variables, entries: shownEntries(entries, texts) };
      const { raw, faults } = mail.render({
        variables: shown,
        ...addressed,
        to: [to],
        moreFields,
        ...thread,
      });
      for (const fault of faults) warn(fault);
      return { raw: withParts(raw, certificateParts(entries)) };
    },
    withheld: (to, thread) => withheld.render({ variables, ...addressed, to: [to], moreFields, ...thread }),
  };
}

/** Short texts, and those to fall back to: what a site wrote amiss must not take the commands of a message with it. */
interface ReportTexts {
  readonly nearest: Catalogue;
  readonly shipped: Catalogue;
  readonly warn: (fault: TemplateError) => void;
}

/** RFC 8551 §3.8: one part, each certificate once, in the order of the answers. */
function certificateParts(entries: readonly ReportEntry[]): readonly Uint8Array[] {
  const all = entries.flatMap(({ report }) => report.certificates ?? []);
  const certificates = [...new Map(all.map((one) => [one.sha256, one])).values()];
  return certificates.length === 0 ? [] : [certsOnlyEntity(certificates)];
}

/** Characters of all answers of a report together; more is more than templates may take, and than anybody reads. */
const maxAnswerLength = 400_000;

/** Gives the entries as the template shows them; what is too much of the answers is cut, and the last line says so. */
function shownEntries(entries: readonly ReportEntry[], texts: ReportTexts): readonly TemplateValue[] {
  let left = maxAnswerLength;
  return entries.map(({ command, report }) => {
    const lines = report.answer ?? [];
    const fitting = lines.findIndex((line) => {
      left -= line.length + 1;
      return left < 0;
    });
    const answer = fitting < 0 ? lines : [...lines.slice(0, fitting), '[…]'];
    return { command, status: report.status, text: textOfReport(report, texts), answer };
  });
}

/** Puts what came of a request into words of the reader's language. */
function textOfReport(report: RequestReport, { nearest, shipped, warn }: ReportTexts): string {
  if (report.code === 'scenario-rejects' && report.reason !== undefined && report.reason !== 'default')
    return nearest.text('reasons', report.reason);
  const phrase = (catalogue: Catalogue) => {
    const source = catalogue.text('reports', report.code);
    return renderPhrase(source, report.values ?? {}, catalogue, `reports.${report.code}`);
  };
  try {
    return phrase(nearest);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    warn(error);
    return phrase(shipped);
  }
}
