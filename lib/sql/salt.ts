import { createHash, createHmac } from "node:crypto";

/**
 * What is hashed inside a database is hashed with a salt, which the statement reads from this setting of its
 * transaction: a plan, and what is kept of the statement's text, hold the setting's name alone.
 */
export const saltSetting = "runbook.salt";

/** The salt that both sides are given for one secret: 64 hexadecimal digits, of which the secret cannot be told. */
export function deriveSalt(secret: string): string {
  return finishSalt(deriveSeed(secret));
}

/**
 * For a connection on which each step is sent by itself: the server makes a random pad and tells it in an answer,
 * which no log keeps; what is sent then is the salt's seed under that pad. Neither the two texts nor a log of them
 * tell the salt. `version` is the server's, as 150018: before 13 its random numbers have 48 bits.
 */
export function writePad(version: number): string {
  const random =
    version >= 130000
      ? "pg_catalog.concat(pg_catalog.gen_random_uuid(), pg_catalog.gen_random_uuid())"
      : "pg_catalog.concat(pg_catalog.random(), pg_catalog.random(), pg_catalog.random(), pg_catalog.clock_timestamp())";
  return (
    `select pg_catalog.set_config('runbook.pad', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(` +
    `${random}, 'UTF8')), 'hex'), true) as pad`
  );
}

/** The second step: sets the salt, from the pad that stands in the transaction and the seed under that pad. */
export function writePaddedSalt(secret: string, pad: string): string {
  const seed = deriveSeed(secret);
  const under = Buffer.from(pad, "hex").map((byte, index) => byte ^ seed[index]);
  const bits = (hex: string) => `('x' operator(pg_catalog.||) ${hex})::pg_catalog.bit(256)`;
  const sum = `${bits("pg_catalog.current_setting('runbook.pad')")} operator(pg_catalog.#) ${bits(`'${Buffer.from(under).toString("hex")}'`)}`;
  return (
    `select pg_catalog.set_config('${saltSetting}', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((` +
    `${sum})::pg_catalog.text, 'UTF8')), 'hex'), true)`
  );
}

/**
 * For a connection on which everything goes in one text: the salt stands in it, before the statement. Whoever reads
 * that text has the salt, and no hash that is shown: those are hashed again, with a key that is sent to nobody.
 */
export function writeSalt(secret: string): string {
  return `select pg_catalog.set_config('${saltSetting}', '${deriveSalt(secret)}', true)`;
}

function deriveSeed(secret: string): Buffer {
  return createHmac("sha256", secret).update("salt").digest();
}

function finishSalt(seed: Buffer): string {
  const bits = [...seed].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return createHash("sha256").update(bits).digest("hex");
}
