/** Which of N processes a stream belongs to: rendezvous hashing of its camera's name. */

import { fnv1aOfText } from "../fnv1a.ts";
import { SettingError } from "../settings/setting.ts";

/** One of `count` processes that share a list of streams. */
export interface Shard {
  /** 0…count − 1. */
  readonly index: number;
  readonly count: number;
}

/** What is allowed, in words. */
export const shardAllowed =
  "I/N with 0 ≤ I < N ≤ 10000; I may stand at the end of a name, as in sightline-0/3";

const maxShards = 10_000;

/** `0/3`, or `sightline-0/3`, as a pod of a StatefulSet knows its own name. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(?:.+-)?(\d{1,5})\/(\d{1,5})$/.exec(text.trim()) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (!(shard.count <= maxShards && shard.index < shard.count)) throw new SettingError();
  return shard;
}

/**
 * The one of `count` processes that owns a name: of all (name, process) pairs the one that hashes
 * highest. One process more takes its own share of the names from all others, and moves no other.
 */
export function ownerOf(name: string, count: number): number {
  const hash = fnv1aOfText(name);
  let owner = 0;
  let highest = -1;
  for (let index = 0; index < count; index++) {
    const score = mix(hash ^ mix(index + 1));
    // Of equals the first, so that all processes agree.
    if (score > highest) [owner, highest] = [index, score];
  }
  return owner;
}

/** Every bit of the result depends on every bit of the input; the constants are MurmurHash3's. */
function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ bits >>> 16, 0x85ebca6b);
  bits = Math.imul(bits ^ bits >>> 13, 0xc2b2ae35);
  return (bits ^ bits >>> 16) >>> 0;
}
