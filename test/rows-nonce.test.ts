import { afterAll, beforeAll, expect, test } from "vitest";
import { serveAccount } from "../lib/demo/endpoint";
import { sqlFunction } from "../lib/demo/function";
import { startServer } from "../lib/demo/postgres";
import { openSource, type Source } from "../lib/source/guarded";
import { raw } from "../lib/sql/template";
import { account } from "./lambda";

/** A Lambda that answers `left` questions with the reply to another one, and may forget that it is to be read-only. */
let source: Source;
let [left, writable] = [0, false];
const closing: (() => unknown)[] = [];
const another = JSON.stringify({
  columns: ["types", "nonce", "total", "bytes", "allowed", "checksum", "rest", "rows"],
  rows: [["", "qanother", "1", "1", "1", "0", "0", "(1)"]],
  row_count: 1,
});

beforeAll(async () => {
  const server = await startServer();
  const { host, port, user, password } = server;
  const { handler, stop } = sqlFunction({ host, port, user, password, database: "postgres" });
  const mixed: typeof handler = async (event) => {
    if (left-- > 0) return another;
    const query = String(event.query);
    return handler({ query: writable ? query.replace("set transaction read only;", "") : query });
  };
  const { endpoint, stop: close } = await serveAccount({ ...account, handler: mixed, variables: {}, latency: 0 });
  source = await openSource(
    "production",
    { kind: "lambda", function: account.function },
    { columns: { safe: {} }, endpoint: { endpoint, region: account.region, credentials: account } },
  );
  closing.push(
    () => source.close(),
    () => close(),
    () => stop(),
    () => server.stop(),
  );
  await source.ask(raw("select 1 as one"));
});
afterAll(async () => {
  for (const close of closing) await close();
});

test("another question's reply is no plan: EXPLAIN is asked again", async () => {
  left = 1;
  expect((await source.ask(raw("explain select 1"))).cells[0][0]).toMatch(/^Result/);
});

test("another question's reply is no proof that a write went through", async () => {
  left = 1;
  expect(await source.proveReadOnly()).toContain("read-only transaction");
  left = 1000;
  await expect(source.proveReadOnly()).rejects.toThrow("is not the answer to this question");
  left = 0;
  writable = true;
  await expect(source.proveReadOnly()).rejects.toThrow("a write was not refused");
  writable = false;
}, 60_000);
