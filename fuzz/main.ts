import { parseArgs } from 'node:util';
import { type CampaignReport, runCampaign } from './campaign.ts';
import { Random } from './random.ts';
import { fuzzTargets } from './targets.ts';

const defaultSeconds = '60';

const usage = `npm run fuzz -- [--seconds N] [--target NAME] [--seed N]
targets: ${fuzzTargets.map(({ name }) => name).join(' ')}
`;

function main(): number {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: defaultSeconds },
      target: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    },
  });
  const seconds = Number(values.seconds);
  const targets = fuzzTargets.filter(({ name }) => values.target === undefined || name === values.target);
  if (!(seconds > 0) || targets.length === 0) {
    process.stderr.write(usage);
    return 2;
  }
  process.stdout.write(`seed ${values.seed}\n`);
  const random = new Random(Number(values.seed));
  const share = (seconds * 1000) / targets.length;
  const reports = targets.map((target) => {
    const report = runCampaign(target, share, random);
    process.stdout.write(lineOf(report));
    return report;
  });
  return reports.some(({ findings }) => findings.length > 0) ? 1 : 0;
}

function lineOf({ target, runs, kept, covered, findings }: CampaignReport): string {
  const numbers = `${runs} runs, ${kept} inputs kept, ${covered} characters of source reached`;
  const found = findings.map(({ file, complaint }) => `  ${complaint.kind}: ${complaint.text}\n  ${file}\n`);
  return `${target}: ${numbers}, ${findings.length} findings\n${found.join('')}`;
}

process.exitCode = main();
