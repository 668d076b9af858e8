import { atPlace } from '../../config/error.ts';
import type { Site } from '../../config/site.ts';
import type { List } from '../../lists/list.ts';
import { Lists } from '../../lists/lists.ts';
import { ScenarioFiles } from '../../lists/scenario-files.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

const check = 'lists';

/** Checks the `config` of each list, its owners, and that its `send` scenario can be read. */
export async function checkLists(site: Site): Promise<readonly Finding[]> {
  const lists = await new Lists(site).all();
  const scenarios = new ScenarioFiles(site);
  const findings = await Promise.all(lists.map((list) => checkList(list, scenarios)));
  const faulty = findings.flat();
  const count = lists.length === 1 ? '1 list' : `${lists.length} lists`;
  return faulty.length > 0
    ? faulty
    : [fine(check, `${count}, each with a right config, an owner and its scenario`)];
}

async function checkList(list: List, scenarios: ScenarioFiles): Promise<readonly Finding[]> {
  if (list.error)
    return list.error.problems.map(({ text, place, hint }) =>
      problem(check, `${list.address} takes no mail: ${atPlace(text, place)}`, hint),
    );
  const findings: Finding[] = [];
  // Those of data sources stand in the database.
  if (list.owners.length === 0 && list.config.owner_include.length === 0)
    findings.push(
      warning(check, `${list.address} has no owner`, `add a paragraph owner to ${list.directory}/config`),
    );
  const loaded = await scenarios.load('send', list.config.send, list);
  if (loaded.status === 'missing') {
    const hint = `put the scenario into ${list.directory}/scenari, or set another with ssympa list config`;
    findings.push(
      problem(check, `${list.address} refuses every post: there is no scenario ${loaded.file}`, hint),
    );
  } else if (loaded.status === 'faulty') {
    const text = atPlace(loaded.error.message, loaded.error.place);
    findings.push(problem(check, `${list.address} refuses every post: ${text}`, loaded.error.hint));
  }
  return findings;
}
