import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Results } from "../../lib/run";
import { late } from "./http";
import { runOn, type Ran, type Stage } from "./stage";
import { lambdaFaults, wireFaults } from "./table";

/** One round of a soak: the runbook, with a fault in each fifth answer of either side. */
export interface Round {
  seed: number;
  faults: number;
  ran: Ran;
  /** Whether every check was completed. */
  finished: boolean;
  /** What differs from the run without faults; empty where nothing does. */
  differs: string[];
}

const share = 0.2;

// a locked table is asked for twice only, since each time takes two seconds: by chance alone a check would now and then remain open
const passing = <F>(faults: Record<string, [F, { passes: boolean; fault?: string }]>): F[] =>
  Object.values(faults)
    .filter(([, { passes, fault }]) => passes && fault && fault !== "locked")
    .map(([fault]) => fault);
const onLambda = [...passing(lambdaFaults), late(300)];
const onWire = passing(wireFaults);

/** Runs these phases, or all, with faults at random, and compares what they found with `reference`. */
export async function soak(
  stage: Stage,
  folder: string,
  reference: Results,
  seed: number,
  phases: string[] = [],
): Promise<Round> {
  const random = randomFrom(seed);
  const pick = <F>(faults: F[]): F | undefined =>
    random() < share ? faults[Math.floor(random() * faults.length)] : undefined;
  let faults = 0;
  const counted = <F>(fault: F | undefined): F | undefined => {
    if (fault) faults++;
    return fault;
  };
  stage.lambda.choose = () => counted(pick(onLambda));
  stage.wire.choose = () => counted(pick(onWire));
  try {
    const out = join(folder, `soak-${seed}`);
    const ran = await runOn(stage, out, phases);
    rmSync(out, { recursive: true });
    return {
      seed,
      faults,
      ran,
      finished: ran.results.checks.every(({ status }) => status !== "incomplete"),
      differs: differing(reference, ran.results),
    };
  } finally {
    stage.lambda.choose = () => undefined;
    stage.wire.choose = () => undefined;
  }
}

/** The checks and findings that two runs tell differently, as ids. */
export function differing(one: Results, other: Results): string[] {
  const told = ({ checks, findings }: Results) =>
    new Map([
      ...checks.map(({ id, phase, status, why }) => [`check ${phase}/${id}`, JSON.stringify({ status, why })] as const),
      ...findings.map((finding) => [finding.id, JSON.stringify(finding)] as const),
    ]);
  const [before, after] = [told(one), told(other)];
  return [...new Set([...before.keys(), ...after.keys()])].filter((id) => before.get(id) !== after.get(id));
}

/** Mulberry32 (Tommy Ettinger): numbers from 0 to 1 that one seed gives again. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
