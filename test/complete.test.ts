import { afterEach, expect, test, vi } from "vitest";
import { completeCell } from "../lib/notebook/complete";
import { completeStatement } from "../lib/sql/complete";

const known = new Map([
  ["public.users", new Set(["id", "email", "role"])],
  ["public.licenses", new Set(["id", "state", "status", "provider_id"])],
  ["audit.events", new Set(["id", "what"])],
  ["public.Odd Table", new Set(["a b"])],
]);

/** The names at `|`. */
function complete(text: string): string[] {
  const cursor = text.indexOf("|");
  return completeStatement(text.replace("|", ""), cursor, known).names;
}

test.each([
  ["select * from |", ["users", "licenses", '"Odd Table"', "audit"]],
  ["select * from li|", ["licenses"]],
  ["select * from licenses join u|", ["users"]],
  ["select * from licenses l, u|", ["users"]],
  ["select * from audit.|", ["events"]],
  ["with newest as (select 1) select * from n|", ["newest"]],
  ["select | from licenses", ["id", "state", "status", "provider_id", "licenses"]],
  ["select st| from licenses", ["state", "status"]],
  ["select l.|, 1 from licenses as l join users u on true", ["id", "state", "status", "provider_id"]],
  ["select * from licenses l join users u on u.|", ["id", "email", "role"]],
  ["select * from audit.events where |", ["id", "what", "events"]],
  ['select * from "Odd Table" where |', ['"a b"', '"Odd Table"']],
  ["select STA| from licenses", ["state", "status"]],
  ["select sta|", ["state", "status"]],
  ["select |", []],
  ["select nobody.|", []],
  ["select * from licenses where state = 's|'", []],
  ["select 1 -- from |", []],
  ["select 1 /* from | */", []],
])("%s", (text, names) => {
  expect(complete(text)).toEqual(names);
});

test("where nothing is known, nothing is offered", () => {
  expect(completeStatement("select * from ", 14, new Map()).names).toEqual([]);
});

test("a name is completed as a whole, also from its middle", () => {
  expect(completeStatement("select status from licenses", 9, known)).toEqual({
    start: 7,
    end: 13,
    names: ["state", "status"],
  });
});

/** What a cell's text is completed with at `|`; undefined where TypeScript is asked. */
function completeCode(code: string): string[] | undefined {
  return completeCell(code.replace("|", ""), code.indexOf("|"), known)?.names;
}

test.each([
  ["await both(sql`select * from us|`)", ["users"]],
  ["await both(sql`select * from us|", ["users"]],
  ["const a = '`'; // `\nawait both(sql`select role from us|", ["users"]],
  ["await both(sql`select ${raw(`a${'}'}`)} from us|`)", ["users"]],
  ["await both(sql`select ${state} from us| where 1`)", ["users"]],
  ["await both(sql`select ${sta|} from users`)", undefined],
  ["await both(sql`select 1`); say(`from us|`)", undefined],
  ["sql.|", undefined],
  ["say(sql`select ${sql`ro|`} from users`)", ["role"]],
])("in a cell: %s", (code, names) => {
  expect(completeCode(code)).toEqual(names);
});

test("places are those of the cell's text", () => {
  const code = "await both(sql`\n  select ro from users`)";
  const cursor = code.indexOf("ro ") + 2;
  expect(completeCell(code, cursor, known)).toEqual({ start: cursor - 2, end: cursor, names: ["role"] });
});

afterEach(() => vi.useRealTimers());

test("TypeScript is loaded once, when a person has run no cell for four seconds, and in no run", async () => {
  vi.useFakeTimers();
  const { state, wrapCells } = require("../lib/show/cells") as {
    state: { isStepped: boolean };
    wrapCells(tslab: object): void;
  };
  const makeHandler = () => {
    const asked: string[] = [];
    class JupyterHandlerImpl {
      executor = { complete: (code: string) => void asked.push(code) };
      async handleExecuteImpl(request: { code: string }) {
        await new Promise((resolve) => setTimeout(resolve, Number(request.code)));
      }
    }
    wrapCells({ JupyterHandlerImpl });
    const handler = new JupyterHandlerImpl();
    const run = async (milliseconds: number) => {
      const running = handler.handleExecuteImpl({ code: String(milliseconds) });
      await vi.advanceTimersByTimeAsync(milliseconds);
      await running;
    };
    return { asked, run };
  };
  state.isStepped = true;
  const { asked, run } = makeHandler();
  await run(10);
  await vi.advanceTimersByTimeAsync(3_000);
  await run(10_000);
  expect(asked).toEqual([]);
  for (let turn = 0; turn < 2; turn++) {
    await vi.advanceTimersByTimeAsync(4_000);
    expect(asked).toEqual([""]);
    await run(10);
  }
  state.isStepped = false;
  const headless = makeHandler();
  await headless.run(10);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(headless.asked).toEqual([]);
});
