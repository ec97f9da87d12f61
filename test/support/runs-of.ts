// How often a property is tried: a few times in `npm test`, as often as a campaign says.

/** DOWNSAMPLE_RUNS, where it is set; `usual` otherwise. */
export function downsampleRuns(usual: number): { readonly numRuns: number } {
  return { numRuns: Number(process.env.DOWNSAMPLE_RUNS ?? usual) };
}

/** How long a test of such properties may take. */
export const DOWNSAMPLE_TIMEOUT_MS = 60_000 + 200 * Number(process.env.DOWNSAMPLE_RUNS ?? 0);
