import { type OpenedPost, type PipelineParts, type StepResult, settled } from './post.ts';

/** Ends the way of a delivery report: it is kept and counted, nobody is written to. */
export async function recordBounce(
  _post: OpenedPost,
  _parts: PipelineParts,
): Promise<StepResult<OpenedPost>> {
  return settled({ status: 'record' });
}
